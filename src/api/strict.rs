//! Strict JSON: one meaning per body. `serde_json` refuses what follows the value, deep nesting, numbers that do not
//! fit and broken texts; here also names that come twice, so that no two readers can take different ones.

use std::fmt;

use serde::{
    Deserialize,
    de::{self, Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if map.contains_key(&name) {
                return Err(de::Error::custom("a name that comes twice"));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

/// Reads a body that must be one JSON object.
///
/// # Errors
/// A sentence for the client.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice::<Strict>(body) {
        Ok(Strict(Value::Object(map))) => Ok(map),
        Ok(_) => Err("The body must be a JSON object.".into()),
        // Where it is wrong, not what is there: a body may hold what must not come back in an answer or a log.
        Err(e) => Err(format!(
            "The body is not valid JSON, at line {} column {}: {}.",
            e.line(),
            e.column(),
            match e.classify() {
                serde_json::error::Category::Eof => "it ends too soon",
                serde_json::error::Category::Data => "a name comes twice, or a number is out of range",
                _ => "a syntax error, or too much inside one another",
            }
        )),
    }
}

/// The body in one form, whatever the order of its names and its blanks: what an idempotency key is compared by.
pub fn canonical(map: &Map<String, Value>) -> String {
    let mut out = String::new();
    write_object(map, &mut out);
    out
}

fn write_object(map: &Map<String, Value>, out: &mut String) {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    out.push('{');
    for (name, value) in entries {
        out.push_str(&Value::String(name.clone()).to_string());
        out.push(':');
        write_value(value, out);
        out.push(',');
    }
    out.push('}');
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => write_object(map, out),
        Value::Array(values) => {
            out.push('[');
            for value in values {
                write_value(value, out);
                out.push(',');
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_one_meaning() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let deep = format!("{{\"a\":{deep}}}");
        for bad in [
            "",
            "[]",
            "null",
            "\"text\"",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":1}}",
            "{} {}",
            "{}x",
            "\u{feff}{}",
            "{\"a\":1e400}",
            "{\"a\":NaN}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":01}",
            "{'a':1}",
            "{\"a\":1,}",
            &deep,
        ] {
            assert!(
                object(bad.as_bytes()).is_err(),
                "{} was accepted",
                &bad[..bad.len().min(40)]
            );
        }
        assert!(object(b"{\"a\":\"\xff\"}").is_err());
        assert!(
            object(
                "{\"a\":1}"
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<_>>()
                    .as_slice()
            )
            .is_err()
        );
        assert!(object(b" {\"a\": [1, {\"b\": null}]} \n").is_ok());
    }

    #[test]
    fn order_and_blanks_do_not_matter_and_everything_else_does() {
        let form = |text: &str| canonical(&object(text.as_bytes()).unwrap());
        assert_eq!(
            form(r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#),
            form(r#" {"b":{"d":"x","c":[1, 2]}, "a":1}"#)
        );
        assert_ne!(form(r#"{"a":[1,2]}"#), form(r#"{"a":[2,1]}"#));
        assert_ne!(form(r#"{"a":"1"}"#), form(r#"{"a":1}"#));
        assert_ne!(form(r#"{"a":null}"#), form("{}"));
    }

    #[test]
    fn a_refused_body_is_not_repeated() {
        let error = object(br#"{"accountNumber":"123456789","accountNumber":"123456789"}"#).unwrap_err();
        assert!(
            !error.contains("123456789") && !error.contains("accountNumber"),
            "{error}"
        );
    }
}
