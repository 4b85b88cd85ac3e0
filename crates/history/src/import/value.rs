//! What operations take and return, whatever the format.

use std::fmt;

/// A value. EDN's keywords, symbols, characters and numbers that are no 64-bit integers are text; sets are lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing: EDN's nil, JSON's null.
    #[default]
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Text.
    Text(Box<str>),
    /// A sequence.
    List(Vec<Value>),
    /// Keys and values, as they came.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// Text.
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    /// The elements, if it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Value::List(list) = self { Some(list) } else { None }
    }

    /// What a map holds at a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// Roughly what it takes in memory beside itself, in bytes.
    pub fn heap_bytes(&self) -> u64 {
        match self {
            Value::Nil | Value::Bool(_) | Value::Int(_) => 0,
            Value::Text(text) => text.len() as u64 + 16,
            Value::List(list) => list.iter().map(|value| 48 + value.heap_bytes()).sum::<u64>() + 16,
            Value::Map(entries) => {
                entries.iter().map(|(key, value)| 96 + key.heap_bytes() + value.heap_bytes()).sum::<u64>() + 16
            }
        }
    }
}

impl Value {
    /// Of JSON; numbers that are no 64-bit integers are text. serde_json bounds the depth of what it reads.
    pub fn from_json(json: serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Nil,
            serde_json::Value::Bool(truth) => Value::Bool(truth),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| Value::text(&number.to_string()), Value::Int)
            }
            serde_json::Value::String(text) => Value::Text(text.into_boxed_str()),
            serde_json::Value::Array(list) => Value::List(list.into_iter().map(Value::from_json).collect()),
            serde_json::Value::Object(map) => {
                let entry = |(key, held): (String, _)| (Value::Text(key.into_boxed_str()), Value::from_json(held));
                Value::Map(map.into_iter().map(entry).collect())
            }
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Bool(truth) => truth.fmt(f),
            Value::Int(number) => number.fmt(f),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::List(list) => {
                f.write_str("[")?;
                for (number, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if number > 0 { " " } else { "" })?;
                }
                f.write_str("]")
            }
            Value::Map(entries) => {
                f.write_str("{")?;
                for (number, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key} {value}", if number > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}
