//! Budgets: what a policy may use up before it is stopped, which counts as an error.

use std::time::{Duration, Instant};

use crate::failure::{Failed, FailureKind, Run};

/// What one evaluation may use. All but [`time`](Self::time) are counted, not measured, so that a
/// policy that is evaluated again ends as it did before.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Units of work: about one for each expression, and one for each few bytes or elements that an
    /// operation walks over. A million take some 50 ms.
    pub steps: u64,
    /// Bytes for values, not given back before the evaluation ends.
    pub memory: usize,
    /// Levels of calls and expressions within each other.
    pub depth: u32,
    /// Bytes of the machine's stack, in case frames are larger than thought, as in debug builds.
    /// Must be well below what the calling thread has.
    pub stack: usize,
    /// Bytes printed.
    pub output: usize,
    /// Bytes that a pattern of `matches` may fill once compiled; its text may have a 64th of that.
    pub patterns: usize,
    /// Time on the clock on the wall, looked at every few thousand steps.
    pub time: Option<Duration>,
}

impl Default for Limits {
    /// For a policy within a request: 750,000 steps, 20 MiB, 64 KiB of output, 100 ms.
    fn default() -> Self {
        Self {
            steps: 750_000,
            memory: 20 << 20,
            depth: 1200,
            stack: 1 << 20,
            output: 64 << 10,
            patterns: 256 << 10,
            time: Some(Duration::from_millis(100)),
        }
    }
}

impl Limits {
    /// For a policy with so many bytes of text, modules and data on one's own machine: no limit of
    /// time, deeper calls, and more of the rest the more text there is beyond 64 KiB.
    #[must_use]
    pub fn for_size(bytes: usize) -> Self {
        let beyond = bytes.saturating_sub(64 << 10);
        let steps = u64::try_from(beyond).unwrap_or(u64::MAX).saturating_mul(1000);
        // Each with each takes much, as nothing is given back: but not all that a machine has.
        let values = beyond.saturating_mul(4000).min(2 << 30).max(beyond.saturating_mul(400));
        Self {
            steps: 750_000_u64.saturating_add(steps),
            memory: (20_usize << 20).saturating_add(values),
            depth: 4000,
            output: (4_usize << 20).saturating_add(beyond.saturating_mul(10)),
            patterns: (1_usize << 20).saturating_add(beyond.saturating_mul(16)),
            time: None,
            ..Self::default()
        }
    }
}

/// How often the clock is looked at, in steps.
const CHECK_EVERY: u64 = 4096;

/// What is left.
#[derive(Debug)]
pub(crate) struct Meter {
    steps: u64,
    memory: usize,
    output: usize,
    deadline: Option<Instant>,
    next_check: u64,
    limits: Limits,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            steps: limits.steps,
            memory: limits.memory,
            output: limits.output,
            deadline: limits.time.and_then(|time| Instant::now().checked_add(time)),
            next_check: limits.steps.saturating_sub(CHECK_EVERY),
            limits: limits.clone(),
        }
    }

    /// Takes steps.
    pub(crate) fn step(&mut self, steps: u64) -> Run<()> {
        match self.steps.checked_sub(steps) {
            Some(left) => self.steps = left,
            None => return over(&format!("takes more than {} steps", self.limits.steps)),
        }
        if self.steps <= self.next_check {
            self.next_check = self.steps.saturating_sub(CHECK_EVERY);
            if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
                return self.too_long();
            }
        }
        Ok(())
    }

    /// What is left of the time on the clock, if it is limited.
    pub(crate) fn time_left(&self) -> Run<Option<Duration>> {
        let Some(deadline) = self.deadline else { return Ok(None) };
        match deadline.checked_duration_since(Instant::now()) {
            Some(left) => Ok(Some(left)),
            None => self.too_long(),
        }
    }

    fn too_long<T>(&self) -> Run<T> {
        let time = self.limits.time.unwrap_or_default().as_millis();
        over(&format!("takes longer than {time} ms"))
    }

    /// Takes steps for walking over so many bytes.
    pub(crate) fn walk(&mut self, bytes: usize) -> Run<()> {
        self.step(1 + u64::try_from(bytes / 32).unwrap_or(u64::MAX))
    }

    /// Takes memory.
    pub(crate) fn take(&mut self, bytes: usize) -> Run<()> {
        match self.memory.checked_sub(bytes) {
            Some(left) => {
                self.memory = left;
                Ok(())
            }
            None => over(&format!("needs more than {} MiB of memory", self.limits.memory >> 20)),
        }
    }

    /// Gives memory back.
    pub(crate) fn give(&mut self, bytes: usize) {
        self.memory = self.memory.saturating_add(bytes).min(self.limits.memory);
    }

    /// Takes output.
    pub(crate) fn print(&mut self, bytes: usize) -> Run<()> {
        match self.output.checked_sub(bytes) {
            Some(left) => {
                self.output = left;
                Ok(())
            }
            None => over(&format!("prints more than {} KiB", self.limits.output >> 10)),
        }
    }

    /// Steps taken so far.
    pub(crate) fn used(&self) -> u64 {
        self.limits.steps - self.steps
    }
}

/// Over budget.
pub(crate) fn over<T>(what: &str) -> Run<T> {
    Err(Failed::new(FailureKind::Limit, format!("the policy {what}")))
}
