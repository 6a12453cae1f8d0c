//! Draws the requests of a sitting over time, as SVG to stand in a page. Nothing from outside gets
//! into it but numbers and times, and its colors are the page's to change.

use std::ops::Range;

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::prelude::*;
use plotters::style::RGBColor;

use super::run_model::WorkSession;

/// As in the light half of `style.css`, which gives them another value where it is dark.
const REQUESTS: RGBColor = RGBColor(0x2f, 0x6d, 0xb0);
const THROTTLED: RGBColor = RGBColor(0xb0, 0x46, 0x0d);
const PAUSE: RGBColor = RGBColor(0xe6, 0xe3, 0xef);
const GRID: RGBColor = RGBColor(0xda, 0xdf, 0xe7);
const WORDS: RGBColor = RGBColor(0x55, 0x60, 0x70);

/// Steps that an axis of time may have, in milliseconds.
const TICKS: [i64; 18] = [
    1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
    1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

/// A shorter time is drawn as long as this, or one bar would fill the picture.
const SHORTEST: i64 = 10_000;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    width: u32,
    height: u32,
    bars: usize,
    times: usize,
}

pub(super) const WIDE: Room = Room {
    width: 920,
    height: 260,
    bars: 200,
    times: 9,
};

/// A telephone held upright.
pub(super) const NARROW: Room = Room {
    width: 360,
    height: 220,
    bars: 72,
    times: 4,
};

pub(super) fn draw(sitting: &WorkSession, room: Room) -> Result<String> {
    let mut svg = String::new();
    draw_into(&mut svg, sitting, room).map_err(|error| anyhow!("cannot draw: {error}"))?;
    Ok(svg)
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

#[expect(
    clippy::cast_precision_loss,
    reason = "counts and lengths of time, to be drawn a few pixels high"
)]
fn draw_into(svg: &mut String, sitting: &WorkSession, room: Room) -> Drawn {
    let series = sitting.series.in_steps(room.bars);
    let clock = Clock::of(sitting, series.start, series.end);
    let a_second = |index: usize, count: u64| {
        let (from, until) = series.span(index);
        count as f64 / (until - from) as f64
    };
    let steps = || series.steps.iter().enumerate();
    let highest = steps().map(|(index, step)| a_second(index, step.requests));
    let highest = highest.fold(0.1, f64::max);

    let area = SVGBackend::with_string(svg, (room.width, room.height)).into_drawing_area();
    let mut chart = ChartBuilder::on(&area)
        .margin_top(4)
        .margin_right(30)
        .x_label_area_size(28)
        .y_label_area_size(46)
        // Above the bars there is a line for the marks of the 429s.
        .build_cartesian_2d(clock, 0.0..highest * 1.2)?;

    let pixel = (clock.length() / i64::from(room.width)).max(1);
    let pauses = drawn_pauses(&sitting.pauses, pixel);
    let top = highest * 1.2;
    chart.draw_series(
        pauses
            .iter()
            .map(|(from, until)| Rectangle::new([(*from, 0.0), (*until, top)], PAUSE.filled())),
    )?;
    let words = ("sans-serif", 14).into_font().color(&WORDS);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(GRID)
        .x_labels(room.times)
        .y_labels(4)
        .x_label_formatter(&|time| clock.word(*time))
        .y_label_formatter(&|rate| number(*rate))
        .label_style(words)
        .draw()?;

    let pixels = series.width.saturating_mul(1000) / pixel;
    for (index, step) in steps().filter(|(_, step)| step.requests > 0) {
        let (from, until) = series.span(index);
        let (from, until) = (from.saturating_mul(1000), until.saturating_mul(1000));
        let (all, throttled) = (
            a_second(index, step.requests),
            a_second(index, step.throttled),
        );
        let mut bar = |low: f64, high: f64, color: RGBColor| -> Drawn {
            let mut bar = Rectangle::new([(from, low), (until, high)], color.filled());
            // Where there is room for it, a gap tells one from the next.
            bar.set_margin(0, 0, 0, u32::from(pixels > 8));
            chart.draw_series([bar])?;
            Ok(())
        };
        bar(0.0, all - throttled, REQUESTS)?;
        if step.throttled > 0 {
            bar(all - throttled, all, THROTTLED)?;
            let (middle, size) = (from / 2 + until / 2, pixels.clamp(3, 6));
            let size = -i32::try_from(size).unwrap_or_default();
            let mark = TriangleMarker::new((middle, highest * 1.1), size, THROTTLED.filled());
            chart.draw_series([mark])?;
        }
    }
    drop(chart);
    area.present()
}

/// Pauses in milliseconds, none so short that it could not be seen, and those that then touch as one.
fn drawn_pauses(pauses: &[(Timestamp, Timestamp)], shortest: i64) -> Vec<(i64, i64)> {
    let mut drawn: Vec<(i64, i64)> = Vec::new();
    for (from, until) in pauses {
        let from = from.as_millisecond();
        let until = until.as_millisecond().max(from.saturating_add(shortest));
        match drawn.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => drawn.push((from, until)),
        }
    }
    drawn
}

fn number(rate: f64) -> String {
    let text = format!("{rate:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_string()
}

/// An axis of time, in milliseconds by the clock, with marks at round times.
#[derive(Debug, Clone, Copy)]
struct Clock {
    from: i64,
    until: i64,
}

impl Clock {
    /// From the first to the last that is drawn.
    fn of(sitting: &WorkSession, start: i64, end: i64) -> Clock {
        let pauses = sitting.pauses.iter();
        let first = pauses.clone().map(|(from, _)| from.as_millisecond()).min();
        let last = pauses.map(|(_, until)| until.as_millisecond()).max();
        let (start, end) = (start.saturating_mul(1000), end.saturating_mul(1000));
        let from = first.map_or(start, |first| first.min(start));
        let until = last.map_or(end, |last| last.max(end));
        Clock {
            from,
            until: until.max(from.saturating_add(SHORTEST)),
        }
    }

    fn length(self) -> i64 {
        self.until.saturating_sub(self.from).max(1)
    }

    fn tick(self, most: usize) -> i64 {
        let most = i64::try_from(most).unwrap_or(i64::MAX).max(1);
        let days = self.length() / 86_400_000 / most + 1;
        let fits = |tick: &i64| self.length() / tick < most;
        TICKS.into_iter().find(fits).unwrap_or(days * 86_400_000)
    }

    fn word(self, time: i64) -> String {
        let format = match self.length() {
            0..600_000 => "%H:%M:%S",
            600_000..172_800_000 => "%H:%M",
            _ => "%b %-d, %H:%M",
        };
        let time = Timestamp::from_millisecond(time).unwrap_or_default();
        time.strftime(format).to_string()
    }
}

impl Ranged for Clock {
    type FormatOption = DefaultFormatting;
    type ValueType = i64;

    fn map(&self, value: &i64, limit: (i32, i32)) -> i32 {
        let passed = i128::from(
            value
                .clamp(&self.from, &self.until)
                .saturating_sub(self.from),
        );
        let pixels = i128::from(limit.1 - limit.0);
        limit.0 + i32::try_from(passed * pixels / i128::from(self.length())).unwrap_or_default()
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<i64> {
        let tick = self.tick(hint.max_num_points());
        let first =
            self.from.div_euclid(tick) * tick + tick * i64::from(self.from.rem_euclid(tick) > 0);
        let step = usize::try_from(tick).unwrap_or(usize::MAX);
        (first..=self.until).step_by(step).collect()
    }

    fn range(&self) -> Range<i64> {
        self.from..self.until
    }
}
