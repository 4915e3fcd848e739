//! Chance that can be repeated.

/// Numbers that look like chance and are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another one that goes its own way.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.number())
    }

    /// The next number (`SplitMix64`).
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `from..to`; `from` where there is none.
    pub fn within(&mut self, from: u64, to: u64) -> u64 {
        let width = to.saturating_sub(from).max(1);
        from.saturating_add(self.number().checked_rem(width).unwrap_or_default())
    }

    /// Whether something happens that does in so many of a hundred cases.
    pub fn percent(&mut self, of_hundred: u64) -> bool {
        self.within(0, 100) < of_hundred
    }

    /// One of these; `None` if there are none.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(all.len()).ok()?;
        all.get(usize::try_from(self.within(0, count)).ok()?)
    }
}
