//! Values of imports that have members of their own: times, versions, decimal numbers.

use jiff::Zoned;

use crate::failure::Run;
use crate::imports::decimal::Decimal;
use crate::imports::http::{Client, Request};
use crate::imports::version::Version;
use crate::imports::{decimal, http, time, version};
use crate::machine::Machine;
use crate::value::Value;

#[derive(Clone, Debug)]
pub(crate) enum Object {
    Time(Box<Zoned>),
    Version(Box<Version>),
    Decimal(Box<Decimal>),
    Client(Box<Client>),
    Request(Box<Request>),
}

impl Object {
    /// Bytes that it fills, about.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Time(_) => 128,
            Self::Version(version) => 128 + version.text.len() * 2,
            Self::Decimal(_) | Self::Client(_) => 256,
            Self::Request(request) => request.size(),
        }
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::Version(a), Self::Version(b)) => a.order(b).is_eq(),
            (Self::Decimal(a), Self::Decimal(b)) => {
                a.order(b).is_some_and(std::cmp::Ordering::is_eq)
            }
            (
                Self::Time(_)
                | Self::Version(_)
                | Self::Decimal(_)
                | Self::Client(_)
                | Self::Request(_),
                _,
            ) => false,
        }
    }

    /// As the builtin `string` makes it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Time(time) => time::rfc3339(time),
            Self::Version(version) => version.text.clone(),
            Self::Decimal(decimal) => decimal.to_string(),
            // Not what it holds: secrets may be among it.
            Self::Client(_) => "<client>".to_owned(),
            Self::Request(_) => "<request>".to_owned(),
        }
    }
}

/// A member of an object.
pub(crate) fn member(machine: &mut Machine<'_>, id: u32, name: &str) -> Run<Value> {
    match machine.heap.object(id).cloned() {
        Some(Object::Time(zoned)) => time::member(machine, id, &zoned, name),
        Some(Object::Version(found)) => version::member(machine, id, &found, name),
        Some(Object::Decimal(number)) => decimal::member(machine, id, &number, name),
        Some(Object::Client(client)) => http::client_member(machine, id, &client, name),
        Some(Object::Request(request)) => http::request_member(machine, id, &request, name),
        None => crate::failure::fail("this object is gone"),
    }
}
