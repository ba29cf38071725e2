//! ACH files for tests, with controls that add up.

/// Our bank, and the first eight digits of our trace numbers.
pub const ODFI: &str = "12104288";
/// The receivers' bank, with its check digit.
pub const RDFI: &str = "231380104";

/// A batch of company "Northwind".
pub struct Batch {
    pub sec: &'static str,
    /// YYMMDD
    pub effective: &'static str,
    /// The bank that sends it, eight digits.
    pub sender: &'static str,
    pub records: Vec<String>,
}

impl Batch {
    /// Payments of ours.
    pub fn of_payments(effective: &'static str, records: Vec<String>) -> Self {
        Self {
            sec: "PPD",
            effective,
            sender: ODFI,
            records,
        }
    }

    /// What the receivers' bank sends.
    pub fn of_news(sec: &'static str, records: Vec<String>) -> Self {
        Self {
            sec,
            effective: "261029",
            sender: "23138010",
            records,
        }
    }

    fn header(&self) -> String {
        format!(
            "5200{:<16}{:<20}{:<10}{:<3}{:<10}{:<6}{}   1{}{:07}",
            "Northwind", "", "1234567890", self.sec, "PAYROLL", "", self.effective, self.sender, 1
        )
    }

    fn sums(&self) -> (u64, u64, u64, u64) {
        let mut sums = (0, 0, 0, 0);
        for record in &self.records {
            sums.0 += 1;
            if record.starts_with('6') {
                sums.1 += record[3..11].parse::<u64>().unwrap();
                let amount = record[29..39].parse::<u64>().unwrap();
                if &record[2..3] < "5" {
                    sums.3 += amount;
                } else {
                    sums.2 += amount;
                }
            }
        }
        sums
    }

    fn control(&self) -> String {
        let (records, hash, debit, credit) = self.sums();
        format!(
            "8200{records:06}{:010}{debit:012}{credit:012}{:<10}{:<19}{:<6}{}{:07}",
            hash % 10_000_000_000,
            "1234567890",
            "",
            "",
            self.sender,
            1
        )
    }
}

/// A whole file, made on 30 October 2026.
pub fn file(batches: &[Batch]) -> Vec<u8> {
    let mut records = vec![format!(
        "101{:>10}{:>10}2610300800A094101{:<23}{:<23}{:<8}",
        RDFI, "121042882", "Their Bank", "Our Bank", ""
    )];
    let mut sums = (0, 0, 0, 0);
    for batch in batches {
        records.push(batch.header());
        records.extend(batch.records.iter().cloned());
        records.push(batch.control());
        let one = batch.sums();
        sums = (sums.0 + one.0, sums.1 + one.1, sums.2 + one.2, sums.3 + one.3);
    }
    let blocks = (records.len() + 1).div_ceil(10);
    records.push(format!(
        "9{:06}{blocks:06}{:08}{:010}{:012}{:012}{:<39}",
        batches.len(),
        sums.0,
        sums.1 % 10_000_000_000,
        sums.2,
        sums.3,
        ""
    ));
    while records.len() % 10 != 0 {
        records.push("9".repeat(94));
    }
    for record in &records {
        assert_eq!(record.chars().count(), 94, "{record:?}");
    }
    (records.join("\n") + "\n").into_bytes()
}

/// An entry. Addenda that follow it are announced.
pub fn entry(code: &str, account: &str, cents: u64, name: &str, trace: &str, addenda: u8) -> String {
    format!(
        "6{code}{RDFI}{account:<17}{cents:010}{:<15}{name:<22}  {addenda}{trace:0>15}",
        "ID-1"
    )
}

/// Addenda of a return of the entry with the trace number `original`.
pub fn returned(reason: &str, original: &str, words: &str) -> String {
    format!(
        "799{reason}{original:0>15}{:<6}23138010{words:<44}{:015}",
        "", 231_380_100_000_001_u64
    )
}

/// Addenda of a notification of change.
pub fn changed(code: &str, original: &str, data: &str) -> String {
    format!(
        "798{code}{original:0>15}{:<6}23138010{data:<29}{:<15}{:015}",
        "", "", 231_380_100_000_001_u64
    )
}

/// The trace number of our entry number `n`.
pub fn trace(n: usize) -> String {
    format!("{ODFI}{n:07}")
}

/// A file of `n` payments with accounts of their own.
pub fn payments(n: usize) -> Vec<u8> {
    let records = (1..=n)
        .map(|i| {
            entry(
                "27",
                &format!("55{i:08}"),
                1_000 + i as u64,
                &format!("Payer {i}"),
                &trace(i),
                0,
            )
        })
        .collect();
    file(&[Batch::of_payments("261029", records)])
}

/// A file in which each of [`payments`] comes back.
pub fn returns(n: usize) -> Vec<u8> {
    let records = (1..=n)
        .flat_map(|i| {
            let entry = entry(
                "26",
                &format!("55{i:08}"),
                1_000 + i as u64,
                &format!("Payer {i}"),
                &format!("23138010{i:07}"),
                1,
            );
            [entry, returned("R01", &trace(i), "")]
        })
        .collect();
    file(&[Batch::of_news("PPD", records)])
}
