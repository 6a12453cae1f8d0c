//! What each of several users does: a line for each of a few below the bar, the sum of more, and all of it in
//! words where there is no terminal.

use std::time::Duration;

use super::view::{join_what_fits, truncate};
use super::wrap::wrap;
use crate::model::clock;
use crate::model::wording::{grouped, plural};

/// Users that have a line each.
const MOST_LINES: usize = 4;

/// Users that are named where they wait or have ended.
const MOST_NAMED: usize = 3;

/// Columns of a name, as far as there is room for what the user does.
const LONGEST_NAME: usize = 24;
const SHORTEST_NAME: usize = 8;

/// Columns of the gap behind a name and of `rate limited until 14:02:31`.
const BESIDE_NAME: usize = 29;

/// One of several users.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UserLine {
    pub(super) name: String,
    /// Rows that have their outcome by this user.
    pub(super) rows: u64,
    pub(super) activity: UserActivity,
}

/// What a user does now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum UserActivity {
    Sending {
        per_second: Option<f64>,
    },
    /// The service asked for it.
    Waiting {
        until: String,
        longer: Duration,
    },
    /// No row is there that it may send.
    Idle,
    Ended {
        why: String,
    },
}

impl UserLine {
    fn fitted(&self, name_width: usize, width: usize) -> String {
        let name = truncate(&self.name, name_width);
        let name = console::pad_str(&name, name_width, console::Alignment::Left, None);
        let does = match &self.activity {
            UserActivity::Sending { per_second: None } => "sending".to_string(),
            UserActivity::Sending {
                per_second: Some(rate),
            } => format!("sending {rate:.1}/s"),
            UserActivity::Waiting { until, longer } => {
                let does = format!("rate limited until {until}");
                let with_length = format!("{does} ({})", clock::in_words(*longer));
                let has_room = name_width + 2 + with_length.chars().count() <= width;
                if has_room { with_length } else { does }
            }
            UserActivity::Idle => "idle, no row to send".to_string(),
            UserActivity::Ended { why } => format!("ended: {why}"),
        };
        let rows = format!("{} done", grouped(self.rows));
        join_what_fits(&[format!("{name}  {does}"), rows], width)
    }
}

/// The lines below those of the whole run.
pub(super) fn below_bar(users: &[UserLine], width: usize) -> Vec<String> {
    if users.len() > MOST_LINES {
        return wrap(&sum(users, false), Some(width));
    }
    let names = users
        .iter()
        .map(|user| console::measure_text_width(&user.name));
    let room = width.saturating_sub(BESIDE_NAME);
    let longest = room.clamp(SHORTEST_NAME, LONGEST_NAME);
    let name_width = names.max().unwrap_or_default().min(longest);
    let lines = users.iter().map(|user| user.fitted(name_width, width));
    lines.collect()
}

/// `4 users: 2 sending, Ben rate limited until 14:02:31, Cyd ended`; `None` where there are not several.
pub(super) fn in_words(users: &[UserLine]) -> Option<String> {
    (users.len() > 1).then(|| format!("({})", sum(users, true)))
}

fn sum(users: &[UserLine], is_named: bool) -> String {
    let of = |is_meant: fn(&UserActivity) -> bool| -> Vec<&UserLine> {
        let meant = users.iter().filter(|user| is_meant(&user.activity));
        meant.collect()
    };
    let sending = of(|activity| matches!(activity, UserActivity::Sending { .. }));
    let idle = of(|activity| matches!(activity, UserActivity::Idle));
    let waiting = of(|activity| matches!(activity, UserActivity::Waiting { .. }));
    let ended = of(|activity| matches!(activity, UserActivity::Ended { .. }));
    let waits = waiting.iter().filter_map(|user| match &user.activity {
        UserActivity::Waiting { until, longer } => Some((longer, until)),
        _ => None,
    });
    let latest = waits.max_by_key(|(longer, _)| *longer);
    let latest = latest.map_or("", |(_, until)| until.as_str());
    let until = match &waiting[..] {
        [_] => format!("until {latest}"),
        _ => format!("until {latest} at the latest"),
    };
    let who = |group: &[&UserLine]| {
        if is_named && group.len() <= MOST_NAMED {
            let names: Vec<&str> = group.iter().map(|user| user.name.as_str()).collect();
            names.join(" and ")
        } else {
            grouped(group.len() as u64)
        }
    };
    let count = |group: &[&UserLine]| grouped(group.len() as u64);
    let parts = [
        (&sending, format!("{} sending", count(&sending))),
        (&idle, format!("{} idle", count(&idle))),
        (&waiting, format!("{} rate limited {until}", who(&waiting))),
        (&ended, format!("{} ended", who(&ended))),
    ];
    let parts = parts.into_iter().filter(|(group, _)| !group.is_empty());
    let parts: Vec<String> = parts.map(|(_, text)| text).collect();
    let users = plural(users.len() as u64, "user");
    format!("{users}: {}", parts.join(", "))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn user(name: &str, rows: u64, activity: UserActivity) -> UserLine {
        UserLine {
            name: name.into(),
            rows,
            activity,
        }
    }

    fn waiting(until: &str, seconds: u64) -> UserActivity {
        UserActivity::Waiting {
            until: until.into(),
            longer: Duration::from_secs(seconds),
        }
    }

    fn ended() -> UserActivity {
        UserActivity::Ended {
            why: "Webex rejected the access token: The request requires a valid access token"
                .into(),
        }
    }

    fn sending() -> UserActivity {
        UserActivity::Sending {
            per_second: Some(4.93),
        }
    }

    /// A few of all kinds, and many.
    pub(in super::super) fn few_and_many() -> [Vec<UserLine>; 2] {
        let few = vec![
            user("Ada Adams", 3310, sending()),
            user(
                "Bengt Björklund-Andersson av Ekenäs",
                3290,
                waiting("14:02:31", 38),
            ),
            user("customers/cyd.txt", 120, ended()),
            user("王小明", 3480, UserActivity::Idle),
        ];
        let many = (0..300).map(|number| {
            let activity = match number {
                0..280 => sending(),
                280..292 => waiting(&format!("14:05:{}", number - 270), number),
                _ => ended(),
            };
            user(&format!("User {number}"), 30, activity)
        });
        [few, many.collect()]
    }

    #[test]
    fn where_there_is_no_terminal_those_who_wait_are_named_if_they_are_few() {
        let [few, many] = few_and_many();
        let one = vec![user("Ada Adams", 3310, sending())];
        let some = vec![
            user("Ada", 1, waiting("14:02:31", 3)),
            user("Ben", 1, waiting("14:02:30", 2)),
        ];
        let words: Vec<String> = [few, many, some, one]
            .iter()
            .filter_map(|users| in_words(users))
            .collect();
        insta::assert_snapshot!(words.join("\n"), @"
        (4 users: 1 sending, 1 idle, Bengt Björklund-Andersson av Ekenäs rate limited until 14:02:31, customers/cyd.txt ended)
        (300 users: 280 sending, 12 rate limited until 14:05:21 at the latest, 8 ended)
        (2 users: Ada and Ben rate limited until 14:02:31 at the latest)
        ");
    }
}
