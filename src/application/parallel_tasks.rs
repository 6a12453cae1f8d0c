//! Tasks side by side, each with a wish to stop of its own: whoever says so once, says so to all.

use std::time::Duration;

use futures::stream::{self, FuturesUnordered, LocalBoxStream};
use futures::{FutureExt, StreamExt};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::platform::StopRequests;

/// Tasks that are under way at once.
const AT_ONCE: usize = 32;

/// Between two words about how far it is.
const WORD_EVERY: Duration = Duration::from_secs(5);

/// The wish to stop, for one of several tasks.
pub type SharedStop = LocalBoxStream<'static, ()>;

/// The results in the order of the items; `None` where somebody wanted to stop. `tell` is told now and then
/// how many are done.
pub async fn side_by_side<I, R, F: Future<Output = R>>(
    items: impl IntoIterator<Item = I>,
    stop: &mut impl StopRequests,
    task: impl Fn(I, SharedStop) -> F,
    tell: impl Fn(usize),
) -> Option<Vec<R>> {
    let (stops, _) = watch::channel(0_u32);
    let mut waiting = items.into_iter().enumerate();
    let mut under_way = FuturesUnordered::new();
    let mut done = Vec::new();
    let mut ticks = interval(WORD_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    loop {
        while under_way.len() < AT_ONCE
            && *stops.borrow() == 0
            && let Some((number, item)) = waiting.next()
        {
            let stop = relayed(stops.subscribe());
            under_way.push(task(item, stop).map(move |result| (number, result)));
        }
        if under_way.is_empty() {
            break;
        }
        tokio::select! {
            Some(result) = under_way.next() => done.push(result),
            Some(()) = stop.next() => stops.send_modify(|count| *count += 1),
            _ = ticks.tick() => tell(done.len()),
        }
    }
    if *stops.borrow() > 0 {
        return None;
    }
    done.sort_by_key(|(number, _)| *number);
    Some(done.into_iter().map(|(_, result)| result).collect())
}

fn relayed(stops: watch::Receiver<u32>) -> SharedStop {
    let wishes = stream::unfold(stops, |mut stops| async move {
        match stops.changed().await {
            Ok(()) => Some(((), stops)),
            // Nobody is left to say so.
            Err(_) => std::future::pending().await,
        }
    });
    wishes.boxed_local()
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn results_come_in_the_order_of_the_items_and_no_more_than_so_many_are_under_way() {
        let start = Instant::now();
        let slow_first = |item: u32, _| async move {
            sleep(SECOND * (100 - item)).await;
            item
        };
        let mut never = stream::pending();
        let done = side_by_side(0..64, &mut never, slow_first, |_| {}).await;
        assert_eq!(done, Some((0..64).collect::<Vec<u32>>()));
        assert!(start.elapsed() > 100 * SECOND, "more than one round");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wish_to_stop_is_heard_by_all_and_nothing_more_begins() {
        let until_stopped = |_: u32, mut stop: SharedStop| async move { stop.next().await };
        let mut once = stream::iter([()]).chain(stream::pending());
        let done = side_by_side(0..100, &mut once, until_stopped, |_| {}).await;
        assert_eq!(done, None);
    }
}
