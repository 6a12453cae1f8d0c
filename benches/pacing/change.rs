//! Limits that change while a run is under way.

/// How the limit changes with time: the limiter's own clock runs faster or slower.
#[derive(Debug, Clone)]
pub enum Change {
    Never,
    /// From when on it runs how fast, and what it shows then.
    Steps(Vec<(f64, f64, f64)>),
    Breathing {
        amplitude: f64,
        period: f64,
    },
}

impl Change {
    pub fn steps(changes: &[(f64, f64)]) -> Self {
        let mut steps = vec![(0.0, 1.0, 0.0)];
        for &(from, speed) in changes {
            let (at, running, shown) = steps[steps.len() - 1];
            steps.push((from, speed, shown + (from - at) * running));
        }
        Self::Steps(steps)
    }

    pub fn shown_at(&self, time: f64) -> f64 {
        match self {
            Self::Never => time,
            Self::Steps(steps) => {
                let step = steps.iter().rev().find(|step| step.0 <= time);
                step.map_or(time, |(from, speed, shown)| shown + (time - from) * speed)
            }
            Self::Breathing { amplitude, period } => {
                let turn = std::f64::consts::TAU / period;
                time + amplitude / turn * (1.0 - (turn * time).cos())
            }
        }
    }

    pub fn when_shown(&self, shown: f64) -> f64 {
        match self {
            Self::Never => shown,
            Self::Steps(steps) => {
                let step = steps.iter().rev().find(|step| step.2 <= shown);
                step.map_or(shown, |(from, speed, at)| from + (shown - at) / speed)
            }
            Self::Breathing { amplitude, period } => {
                let most = amplitude * period / std::f64::consts::PI;
                let (mut low, mut high) = ((shown - most).max(0.0), shown);
                for _ in 0..60 {
                    let middle = f64::midpoint(low, high);
                    if self.shown_at(middle) < shown {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                high
            }
        }
    }
}
