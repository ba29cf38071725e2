//! The reader with its checker behind it.

use super::checker::{Checker, Summary};
use super::problem::Problem;
use super::reader::{Event, Reader};

/// A reader with a checker behind it: the events of the file, and among them the problems of the
/// sums. [`Self::summary`] is complete when the iterator has ended.
#[derive(Clone, Debug)]
pub struct CheckedReader<'a> {
    reader: Reader<'a>,
    checker: Checker<'a>,
    /// Findings not handed out yet, last one first.
    found: Vec<Problem>,
    done: bool,
}

impl<'a> CheckedReader<'a> {
    /// Over the bytes of a whole file.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
            checker: Checker::new(),
            found: Vec::new(),
            done: false,
        }
    }

    /// The counts so far.
    pub fn summary(&self) -> Summary {
        self.checker.summary()
    }

    fn problem(&mut self) -> Option<Event<'a>> {
        let problem = self.found.pop()?;
        self.checker.problem(&problem);
        Some(Event::Problem(problem))
    }
}

impl<'a> Iterator for CheckedReader<'a> {
    type Item = Event<'a>;

    /// Findings about a control or an entry follow it.
    fn next(&mut self) -> Option<Event<'a>> {
        if let Some(problem) = self.problem() {
            return Some(problem);
        }
        match self.reader.next() {
            Some(event) => {
                self.checker.observe(&event, &mut self.found);
                self.found.reverse();
                Some(event)
            }
            None if self.done => None,
            None => {
                self.done = true;
                self.checker.finish(&mut self.found);
                self.found.reverse();
                self.problem()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "101 091400606 6910001341810170306A094101FIRST BANK & TRUST     ASF APPLICATION SUPERVI        ";
    const BATCH: &str =
        "5200CoinLion                            123456789 WEBTRANSFER        000101   1091000010000001";
    const ENTRY: &str =
        "626091400606123456789        0000012354MjMxNDAwMjAtOGQPaul Jones            S 1091000017611242";
    const RETURN: &str =
        "799R01091400600000001      09100001                                            091000017611242";
    const CONTROL: &str =
        "82000000020009140060000000012354000000000000123456789                          091000010000001";
    const END: &str =
        "9000001000001000000020009140060000000012354000000000000                                       ";

    fn check(lines: &[&str]) -> (Vec<String>, Summary) {
        let text = lines.join("\n");
        let mut reader = CheckedReader::new(text.as_bytes());
        let problems = reader
            .by_ref()
            .filter_map(|event| match event {
                Event::Problem(problem) => Some(problem.to_string()),
                _ => None,
            })
            .collect();
        (problems, reader.summary())
    }

    #[test]
    fn a_file_that_adds_up_is_verified() {
        let (problems, summary) = check(&[HEADER, BATCH, ENTRY, RETURN, CONTROL, END]);
        assert_eq!(problems, Vec::<String>::new());
        assert!(summary.is_verified());
        assert_eq!((summary.entries, summary.returns, summary.addenda), (1, 1, 1));
        assert_eq!((summary.debit, summary.credit), (12_354, 0));
    }

    #[test]
    fn each_sum_that_differs_is_reported_with_both_figures() {
        let control = CONTROL.replace("000000012354", "000000012355");
        let (problems, summary) = check(&[HEADER, BATCH, ENTRY, RETURN, &control, END]);
        assert_eq!(
            problems,
            ["line 5, column 21: total debit: The control says 123.55, the entries make 123.54."]
        );
        assert!(!summary.is_verified());
        assert_eq!(summary.controls_in_doubt, 1);
    }

    #[test]
    fn the_file_control_is_compared_as_well() {
        let end = END.replace(
            "9000001000001000000020009140060",
            "9000003000007000000030009140061",
        );
        let (problems, _) = check(&[HEADER, BATCH, ENTRY, RETURN, CONTROL, &end]);
        let columns: Vec<_> = problems
            .iter()
            .map(|p| p.split(':').take(2).collect::<String>())
            .collect();
        assert_eq!(
            columns,
            [
                "line 6, column 2 batch count",
                "line 6, column 14 entry/addenda count",
                "line 6, column 22 entry hash",
                "line 6, column 8 block count",
            ]
        );
    }

    #[test]
    fn filler_is_needed_for_no_block_count() {
        let nines = "9".repeat(94);
        let filled = [
            HEADER, BATCH, ENTRY, RETURN, CONTROL, END, &nines, &nines, &nines, &nines,
        ];
        assert_eq!(check(&filled).0, Vec::<String>::new());
    }

    #[test]
    fn a_sum_that_lacks_an_unreadable_entry_says_so() {
        let lost = ENTRY.replace("0000012354", "00000123X4");
        let (problems, summary) = check(&[HEADER, BATCH, &lost, RETURN, CONTROL, END]);
        assert_eq!(summary.records_not_read, 2);
        let long = format!("{lost}surplus");
        let (_, summary) = check(&[HEADER, BATCH, &long, RETURN, CONTROL, END]);
        assert_eq!(summary.records_not_read, 2, "a record counts once");
        assert!(
            problems.iter().any(|p| p.contains("2 records could not be read")),
            "{problems:?}"
        );
    }

    #[test]
    fn a_trace_number_used_twice_in_a_batch_is_a_warning() {
        let (problems, summary) = check(&[HEADER, BATCH, ENTRY, RETURN, ENTRY, RETURN]);
        assert!(
            problems
                .iter()
                .any(|p| p.starts_with("line 5, column 80: trace number"))
        );
        assert_eq!(summary.warnings, 1);
    }

    #[test]
    fn header_and_control_of_a_batch_must_agree() {
        let control = CONTROL.replace("123456789 ", "123456780 ");
        let (problems, _) = check(&[HEADER, BATCH, ENTRY, RETURN, &control, END]);
        assert_eq!(problems.len(), 1);
        assert!(problems.iter().all(|p| p.contains("company identification")));
    }

    #[test]
    fn accounting_advice_has_wider_amounts_and_controls() {
        let batch = format!(
            "5280{:16}{:20}{:10}ADV{:10}{:6}{:6}{:3}0121042880000001",
            "Bank", "", "1", "Advice", "", "", ""
        );
        let entry = format!(
            "681231380104{:15}{:012}{:9}{:5}{:1}{:22}{:2}0{:8}{:3}{:4}",
            "744-5678-99", 50_000, "121042882", "FILE1", "", "Name", "", "01100001", "055", "0001"
        );
        let control = format!(
            "8280000001{:010}{:020}{:020}{:19}121042880000001",
            23_138_010, 0, 50_000, ""
        );
        let end = format!(
            "9000001000001{:08}{:010}{:020}{:020}{:23}",
            1, 23_138_010, 0, 50_000, ""
        );
        let (problems, summary) = check(&[HEADER, &batch, &entry, &control, &end]);
        assert_eq!(problems, Vec::<String>::new());
        assert!(summary.is_verified());
        assert_eq!(summary.credit, 50_000);
    }

    #[test]
    fn two_files_one_after_another_are_each_checked_by_themselves() {
        let one = [HEADER, BATCH, ENTRY, RETURN, CONTROL, END];
        let nines = "9".repeat(94);
        let filled = [&one[..], &[nines.as_str(); 4]].concat();
        let (problems, summary) = check(&[&filled[..], &one].concat());
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((summary.file_controls, summary.entries), (2, 2));
        assert!(summary.is_verified());
    }

    #[test]
    fn a_mainframe_end_mark_and_nul_lines_are_filler() {
        let (problems, _) = check(&[HEADER, BATCH, ENTRY, RETURN, CONTROL, END, "\0\0\0", "\u{1a}"]);
        assert_eq!(problems, Vec::<String>::new());
    }
}
