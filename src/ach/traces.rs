//! The trace numbers of a batch, to find those used twice.

use std::collections::HashSet;

/// The trace numbers of a batch. They should ascend, and then cost eight bytes each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traces {
    ascending: Vec<u64>,
    others: HashSet<u64>,
}

impl Traces {
    /// `false` when it was there already.
    pub(crate) fn insert(&mut self, trace: u64) -> bool {
        if self.ascending.last().is_none_or(|last| *last < trace) {
            self.ascending.push(trace);
            // Those out of order were all smaller than the last one.
            return true;
        }
        self.ascending.binary_search(&trace).is_err() && self.others.insert(trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_numbers_are_found_again_in_any_order() {
        let mut traces = Traces::default();
        let seen: Vec<bool> = [5, 9, 7, 7, 9, 10, 8, 8, 11, 8]
            .into_iter()
            .map(|trace| traces.insert(trace))
            .collect();
        assert_eq!(
            seen,
            [true, true, true, false, false, true, true, false, true, false]
        );
    }
}
