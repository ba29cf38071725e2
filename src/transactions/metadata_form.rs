//! The key-value pairs of a transaction as a form has them: six rows of a key and a value.

use serde::Deserialize;

use super::metadata::{ENTRIES, Metadata};
use crate::{kernel::error::FieldErrors, web::shell::Field};

/// The names of a row's fields.
const NAMES: [(&str, &str); ENTRIES] = [
    ("metadata_key_1", "metadata_value_1"),
    ("metadata_key_2", "metadata_value_2"),
    ("metadata_key_3", "metadata_value_3"),
    ("metadata_key_4", "metadata_value_4"),
    ("metadata_key_5", "metadata_value_5"),
    ("metadata_key_6", "metadata_value_6"),
];

/// What is typed. A form that has none of these fields says nothing of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MetadataForm {
    #[serde(rename = "metadata_key_1")]
    key_1: Option<String>,
    #[serde(rename = "metadata_value_1")]
    value_1: String,
    #[serde(rename = "metadata_key_2")]
    key_2: String,
    #[serde(rename = "metadata_value_2")]
    value_2: String,
    #[serde(rename = "metadata_key_3")]
    key_3: String,
    #[serde(rename = "metadata_value_3")]
    value_3: String,
    #[serde(rename = "metadata_key_4")]
    key_4: String,
    #[serde(rename = "metadata_value_4")]
    value_4: String,
    #[serde(rename = "metadata_key_5")]
    key_5: String,
    #[serde(rename = "metadata_value_5")]
    value_5: String,
    #[serde(rename = "metadata_key_6")]
    key_6: String,
    #[serde(rename = "metadata_value_6")]
    value_6: String,
}

impl MetadataForm {
    /// With what a transaction has.
    pub fn of(metadata: &Metadata) -> Self {
        let mut form = Self {
            key_1: Some(String::new()),
            ..Self::default()
        };
        for (place, (key, value)) in form.places().into_iter().zip(metadata) {
            key.clone_into(place.0);
            value.clone_into(place.1);
        }
        form
    }

    fn places(&mut self) -> [(&mut String, &mut String); ENTRIES] {
        [
            (self.key_1.get_or_insert_with(String::new), &mut self.value_1),
            (&mut self.key_2, &mut self.value_2),
            (&mut self.key_3, &mut self.value_3),
            (&mut self.key_4, &mut self.value_4),
            (&mut self.key_5, &mut self.value_5),
            (&mut self.key_6, &mut self.value_6),
        ]
    }

    fn rows(&self) -> [(&str, &str); ENTRIES] {
        [
            (self.key_1.as_deref().unwrap_or_default(), &self.value_1),
            (&self.key_2, &self.value_2),
            (&self.key_3, &self.value_3),
            (&self.key_4, &self.value_4),
            (&self.key_5, &self.value_5),
            (&self.key_6, &self.value_6),
        ]
    }

    /// The pairs, none when the form has no fields for them; and what is wrong with the rows.
    pub fn parse(&self) -> (Option<Metadata>, FieldErrors) {
        let (mut pairs, mut errors) = (Metadata::new(), FieldErrors::default());
        for ((key, value), names) in self.rows().into_iter().zip(NAMES) {
            let key = key.trim();
            if key.is_empty() {
                if !value.trim().is_empty() {
                    errors.add(names.0, "Give the key of this value.");
                }
            } else if pairs.insert(key.to_owned(), value.to_owned()).is_some() {
                errors.add(names.0, "This key is there already.");
            }
        }
        (self.key_1.is_some().then_some(pairs), errors)
    }

    /// What was typed, for the buttons of the confirmation.
    pub fn kept(&self) -> Vec<(&'static str, String)> {
        if self.key_1.is_none() {
            return Vec::new();
        }
        let rows = self.rows().into_iter().zip(NAMES).enumerate();
        rows.filter(|(n, ((key, value), _))| *n == 0 || !key.is_empty() || !value.is_empty())
            .flat_map(|(_, ((key, value), names))| [(names.0, key.to_owned()), (names.1, value.to_owned())])
            .collect()
    }
}

/// The rows, ready to print.
pub struct MetadataRows {
    /// Something is in them, or wrong with them.
    pub open: bool,
    /// What is wrong with all of them together.
    pub all: Field,
    /// One by one.
    pub rows: Vec<MetadataRow>,
}

/// One row.
pub struct MetadataRow {
    pub n: usize,
    pub key_name: &'static str,
    pub key: Field,
    pub value_name: &'static str,
    pub value: Field,
}

impl MetadataRows {
    /// Of what was typed.
    pub fn of(form: &MetadataForm, errors: &FieldErrors) -> Self {
        let rows: Vec<MetadataRow> = form
            .rows()
            .into_iter()
            .zip(NAMES)
            .enumerate()
            .map(|(n, ((key, value), names))| MetadataRow {
                n: n + 1,
                key_name: names.0,
                key: Field::of(key, names.0, errors),
                value_name: names.1,
                value: Field::of(value, names.1, errors),
            })
            .collect();
        let all = Field::of("", "metadata", errors);
        let is_used = |row: &MetadataRow| {
            !row.key.value.is_empty() || !row.value.value.is_empty() || row.key.error.is_some()
        };
        Self {
            open: all.error.is_some() || rows.iter().any(is_used),
            all,
            rows,
        }
    }
}
