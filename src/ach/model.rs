//! A plain owned description of a file to be written. See [`super::writer`].

use chrono::NaiveDate;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Routing number it is sent to, up to ten characters.
    pub destination: String,
    /// Routing number or company number of the sender, up to ten characters.
    pub origin: String,
    /// Day it is made.
    pub created_on: NaiveDate,
    /// Hour and minute it is made.
    pub created_at: (u32, u32),
    /// Letter or digit that tells files of one day apart.
    pub id_modifier: char,
    /// Name of the destination, up to 23 characters.
    pub destination_name: String,
    /// Name of the sender, up to 23 characters.
    pub origin_name: String,
    /// The batches.
    pub batches: Vec<NewBatch>,
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatch {
    /// 200 mixed, 220 credits, 225 debits.
    pub service_class: u16,
    /// Company name, up to 16 characters; not written for IAT.
    pub company_name: String,
    /// Company identification, up to 10 characters.
    pub company_id: String,
    /// Standard entry class, 3 characters; IAT has layouts of its own.
    pub sec: String,
    /// Company entry description, up to 10 characters.
    pub description: String,
    /// Effective entry date.
    pub effective_date: Option<NaiveDate>,
    /// Day of the year it settles, as the ACH operator puts it in.
    pub settlement_day: Option<u16>,
    /// First eight digits of the originating (or returning) bank's routing number.
    pub odfi: String,
    /// Batch number.
    pub number: u32,
    /// The entries.
    pub entries: Vec<NewEntry>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Transaction code, 10-99.
    pub transaction_code: u8,
    /// Routing number of the receiving bank, nine digits.
    pub routing: String,
    /// Account number, up to 17 characters (IAT 35).
    pub account: String,
    /// Amount in cents.
    pub amount: i64,
    /// Identification of the receiver, up to 15 characters; not written for IAT.
    pub individual_id: String,
    /// Name of the receiver, up to 22 characters; not written for IAT.
    pub name: String,
    /// Discretionary data, up to 2 characters; not written for IAT.
    pub discretionary: String,
    /// Trace number, up to fifteen digits.
    pub trace: u64,
    /// The addenda.
    pub addenda: Vec<NewAddenda>,
}

/// An addenda record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewAddenda {
    /// Addenda 05: payment information, up to 80 characters.
    Payment(String),
    /// One of the addenda 10-18 of IAT, positions 4-87 as they are to stand.
    International {
        /// 10-18.
        kind: u8,
        /// Up to 84 characters.
        text: String,
    },
    /// Addenda 99: a return.
    Return {
        /// Return code.
        code: String,
        /// Trace number of the original entry.
        original_trace: u64,
        /// Date of death (R14, R15).
        date_of_death: Option<NaiveDate>,
        /// First eight digits of the original receiving bank's routing number.
        original_rdfi: String,
        /// Up to 44 characters (IAT 34).
        information: String,
    },
    /// Addenda 99: a dishonored return.
    Dishonored {
        /// R61-R70.
        code: String,
        /// Trace number of the original entry.
        original_trace: u64,
        /// First eight digits of the original receiving bank's routing number.
        original_rdfi: String,
        /// Trace number of the return.
        return_trace: u64,
        /// Day of the year the return settled.
        return_settlement_day: Option<u16>,
        /// Reason of the return without its R, two characters.
        return_reason: String,
        /// Up to 21 characters.
        information: String,
    },
    /// Addenda 99: a contested dishonored return.
    Contested {
        /// R71-R77.
        code: String,
        /// Trace number of the original entry.
        original_trace: u64,
        /// Day the original entry was returned.
        returned_on: Option<NaiveDate>,
        /// First eight digits of the original receiving bank's routing number.
        original_rdfi: String,
        /// Day of the year the original entry settled.
        original_settlement_day: Option<u16>,
        /// Trace number, settlement day and reason (two characters) of the return.
        returned: (u64, Option<u16>, String),
        /// Trace number, settlement day and reason (two characters) of the dishonored return.
        dishonored: (u64, Option<u16>, String),
    },
    /// Addenda 98: a notification of change.
    Change {
        /// Change code.
        code: String,
        /// Trace number of the original entry.
        original_trace: u64,
        /// First eight digits of the original receiving bank's routing number.
        original_rdfi: String,
        /// Up to 29 characters (IAT 35).
        corrected_data: String,
    },
    /// Addenda 98: the refusal of a notification of change.
    RefusedChange {
        /// C61-C69.
        code: String,
        /// Trace number of the original entry.
        original_trace: u64,
        /// First eight digits of the original receiving bank's routing number.
        original_rdfi: String,
        /// Up to 29 characters.
        corrected_data: String,
        /// The refused change code.
        change_code: String,
        /// Last seven digits of the trace number of the refused notification.
        trace_sequence: u32,
    },
}
