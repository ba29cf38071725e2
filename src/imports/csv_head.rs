//! The columns of a CSV file of exceptions, and its first line, which names them. The columns are the members of
//! `POST /api/v1/exceptions`, and the same rules judge them.

use crate::exceptions::raise_form::RaiseForm;

/// A column that is known.
pub struct Column {
    /// Its name in the first line; case, blanks, hyphens and underscores do not count.
    pub name: &'static str,
    /// The field's name in the form, by which it is told wrong.
    pub field: &'static str,
    /// Every file has it.
    pub is_required: bool,
    /// What stands in it.
    pub words: &'static str,
    /// Where it goes; none for the reference, which is the import's own.
    place: Option<fn(&mut RaiseForm) -> &mut Option<String>>,
}

impl Column {
    /// Puts a cell where it belongs.
    pub fn put(&self, form: &mut RaiseForm, text: &str) {
        if let Some(place) = self.place {
            *place(form) = Some(text.to_owned());
        }
    }

    /// Whether it is the line's own name.
    pub const fn is_reference(&self) -> bool {
        self.place.is_none()
    }
}

/// Every column, in the order of the sample file.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "reference",
        field: "reference",
        is_required: false,
        words: "Your own name of the line. A line whose reference was imported before changes nothing; without one, a line of exactly the same cells.",
        place: None,
    },
    Column {
        name: "type",
        field: "type",
        is_required: true,
        words: "ACH_RETURN, ACH_NOC, BANK_ACCOUNT_VERIFICATION_DECLINED, BANK_ACCOUNT_VERIFICATION_NOC, EARNED_WAGE_ACCESS or RECONCILIATION.",
        place: Some(|form| &mut form.r#type),
    },
    Column {
        name: "description",
        field: "description",
        is_required: true,
        words: "What happened, in at most 1,000 characters.",
        place: Some(|form| &mut form.description),
    },
    Column {
        name: "category",
        field: "category",
        is_required: false,
        words: "TRANSACTION, CUSTOMER or BANK_ACCOUNT_VERIFICATION; needed only where the type has several.",
        place: Some(|form| &mut form.category),
    },
    Column {
        name: "returnCode",
        field: "return_code",
        is_required: false,
        words: "R or C and two digits, such as R01.",
        place: Some(|form| &mut form.return_code),
    },
    Column {
        name: "amount",
        field: "amount",
        is_required: false,
        words: "Such as 12000.00, without thousands separators.",
        place: Some(|form| &mut form.amount),
    },
    Column {
        name: "currency",
        field: "currency",
        is_required: false,
        words: "Three letters of ISO 4217; USD when it is empty.",
        place: Some(|form| &mut form.currency),
    },
    Column {
        name: "party",
        field: "party",
        is_required: false,
        words: "Whose payment or account it is.",
        place: Some(|form| &mut form.party),
    },
    Column {
        name: "accountNumber",
        field: "account_number",
        is_required: false,
        words: "The number of the party's account; only its last four characters are kept.",
        place: Some(|form| &mut form.account_number),
    },
    Column {
        name: "reason",
        field: "reason",
        is_required: false,
        words: "What a reconciliation calls the break, such as AMOUNT_DIFFERENCE.",
        place: Some(|form| &mut form.reason),
    },
    Column {
        name: "correctedData",
        field: "corrected_data",
        is_required: false,
        words: "What a notification of change says, in at most 35 characters.",
        place: Some(|form| &mut form.corrected_data),
    },
    Column {
        name: "transactionId",
        field: "transaction_id",
        is_required: false,
        words: "The id of the transaction here that it is about.",
        place: Some(|form| &mut form.transaction_id),
    },
    Column {
        name: "entityType",
        field: "entity_type",
        is_required: false,
        words: "TRANSACTION, FINANCIAL_ACCOUNT or CUSTOMER: what the entity is, where the category does not say it.",
        place: Some(|form| &mut form.entity_type),
    },
    Column {
        name: "entityId",
        field: "entity_id",
        is_required: false,
        words: "The id of the affected entity; needed for a financial account or a customer.",
        place: Some(|form| &mut form.entity_id),
    },
];

/// A file with every column and two lines.
pub fn sample() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    format!(
        "{}\r\n\
         PAYOUT-4711,ACH_RETURN,\"Payout 4711 came back: insufficient funds\",TRANSACTION,R01,12000.00,USD,Paul Jones,000123456789,,,,,\r\n\
         BREAK-0815,RECONCILIATION,\"The bank's statement has 10.00 more\",TRANSACTION,,10.00,USD,Paul Jones,,AMOUNT_DIFFERENCE,,,,\r\n",
        names.join(",")
    )
}

/// The first line.
#[derive(Clone)]
pub struct Head {
    /// What parts the cells.
    pub delimiter: u8,
    /// The column at each place, if it is known.
    pub columns: Vec<Option<&'static Column>>,
    /// The names that are not known, with their places from 1.
    pub unknown: Vec<(usize, String)>,
}

/// No first line is longer.
const LONGEST: usize = 16 * 1024;

/// Of these three the one is meant that gives the most columns.
const DELIMITERS: [u8; 3] = *b",;\t";

impl Head {
    /// The first line of a file, if it is one of a CSV file of exceptions: it names at least two known columns.
    ///
    /// # Errors
    /// A sentence: what it lacks, or names twice.
    pub fn find(bytes: &[u8]) -> Option<Result<Self, String>> {
        let best = DELIMITERS
            .iter()
            .filter_map(|delimiter| Self::read(bytes, *delimiter))
            .max_by_key(|head| head.columns.iter().flatten().count())?;
        (best.columns.iter().flatten().count() >= 2).then(|| best.checked())
    }

    /// Whether the first line has several cells at all.
    pub fn is_table(bytes: &[u8]) -> bool {
        let cells = |delimiter: &u8| Self::read(bytes, *delimiter).map_or(0, |head| head.columns.len());
        DELIMITERS.iter().any(|delimiter| cells(delimiter) > 1)
    }

    fn read(bytes: &[u8], delimiter: u8) -> Option<Self> {
        let text = without_mark(bytes);
        let start = text.get(..LONGEST.min(text.len()))?;
        let mut record = csv::ByteRecord::new();
        let is_there = reader(start, delimiter).read_byte_record(&mut record).ok()?;
        if !is_there {
            return None;
        }
        let cells: Option<Vec<&str>> = record
            .iter()
            .map(|cell| std::str::from_utf8(cell).ok().map(str::trim))
            .collect();
        let mut cells = cells?;
        // A spreadsheet may leave empty columns behind the last one.
        while cells.last().is_some_and(|cell| cell.is_empty()) {
            cells.pop();
        }
        let columns: Vec<_> = cells.iter().map(|cell| named(cell)).collect();
        let unknown = cells
            .iter()
            .zip(&columns)
            .zip(1..)
            .filter(|((_, column), _)| column.is_none())
            .map(|((cell, _), place)| (place, cell.chars().take(40).collect()))
            .collect();
        Some(Self {
            delimiter,
            columns,
            unknown,
        })
    }

    fn checked(self) -> Result<Self, String> {
        let count = |name: &str| self.columns.iter().flatten().filter(|c| c.name == name).count();
        if let Some(twice) = COLUMNS.iter().find(|column| count(column.name) > 1) {
            return Err(format!("The first line names the column {} twice.", twice.name));
        }
        let missing: Vec<&str> = COLUMNS
            .iter()
            .filter(|column| column.is_required && count(column.name) == 0)
            .map(|column| column.name)
            .collect();
        match missing[..] {
            [] => Ok(self),
            [one] => Err(format!("The first line names no column {one}.")),
            _ => Err(format!(
                "The first line names no columns {}.",
                missing.join(" and ")
            )),
        }
    }
}

fn named(cell: &str) -> Option<&'static Column> {
    let plain: String = cell
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect();
    COLUMNS
        .iter()
        .find(|column| column.name.eq_ignore_ascii_case(&plain))
}

/// A file's bytes behind the mark that some programs put before UTF-8.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The library, told to take lines as they are.
pub fn reader(text: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        let head = Head::find(text.as_bytes()).unwrap().ok().unwrap();
        head.columns.iter().flatten().map(|c| c.name).collect()
    }

    fn refusal(text: &str) -> String {
        Head::find(text.as_bytes()).unwrap().err().unwrap()
    }

    #[test]
    fn columns_are_known_however_they_are_spelled_and_parted() {
        assert_eq!(names("type,description\n"), ["type", "description"]);
        assert_eq!(
            names("\u{feff}Description;TYPE;Return Code;account_number;;\r\n"),
            ["description", "type", "returnCode", "accountNumber"]
        );
        assert_eq!(names("\n\ntype\t\"description\"\tx"), ["type", "description"]);
        assert_eq!(names(&sample()).len(), COLUMNS.len());
    }

    #[test]
    fn what_is_missing_or_twice_is_named() {
        assert_eq!(
            refusal("type,amount\n"),
            "The first line names no column description."
        );
        assert_eq!(
            refusal("amount,currency\n"),
            "The first line names no columns type and description."
        );
        assert_eq!(
            refusal("type,description,Type\n"),
            "The first line names the column type twice."
        );
    }

    #[test]
    fn other_files_are_no_csv_of_exceptions() {
        for text in [
            "",
            "\n\n",
            "101 091400606",
            "name,price\nx,1\n",
            "{\"type\": 1,\"description\": 2}",
            "\"type,description",
        ] {
            assert!(Head::find(text.as_bytes()).is_none(), "{text:?}");
        }
        assert!(Head::is_table(b"name,price\n") && !Head::is_table(b"prose\n"));
        assert!(Head::find(b"type\xff,description,amount").is_none());
    }
}
