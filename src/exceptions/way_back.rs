//! The way from an exception back to the queue that it was opened from: the same tab, filter and page.

use super::filter::RawFilter;
use crate::{kernel::id::ExceptionId, web::back};

/// The queue that an address's query carries; where the queues begin when it carries none.
pub fn of(query: &str) -> String {
    to(&back::list_of(query))
}

/// The row of an exception in the queue at this address: there where the queue still lists it, else at the queue's top.
/// The queue's page gives its rows these names.
pub fn row_in(queue: &str, id: ExceptionId) -> String {
    format!("{queue}#e-{id}")
}

/// The queue with this query, as far as a queue knows what it says: always an address of ours.
pub fn to(list: &str) -> String {
    let raw = RawFilter::read(list);
    raw.address(&[("after", &raw.after), ("before", &raw.before)])
}

/// What stands behind the address of an exception so that it carries the queue that is shown.
pub fn carried(raw: &RawFilter, tab: &str) -> String {
    let here = raw.address(&[("after", &raw.after), ("before", &raw.before)]);
    match here.split_once('?') {
        Some((_, query)) => back::with_list(query),
        None => back::with_list(&format!("tab={tab}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::Ts;

    #[test]
    fn an_exception_carries_the_queue_it_was_opened_from() {
        let raw = RawFilter::read("code=R01&text=a+b%26c&after=7.x");
        let carried = carried(&raw, "open");
        let back = of(&carried[1..]);
        assert_eq!(back, "/exceptions?code=R01&text=a+b%26c&after=7.x");
        assert_eq!(super::carried(&RawFilter::default(), "open"), "?list=tab%3Dopen");
        assert_eq!(of(""), "/exceptions");
        assert_eq!(of("activity=comments"), "/exceptions");
        assert_eq!(to("//evil.test?x=y"), "/exceptions");
        let id = ExceptionId::generate(Ts::default());
        assert_eq!(row_in(&back, id), format!("{back}#e-{id}"));
    }
}
