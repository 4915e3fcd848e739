//! `import "sockaddr"`: addresses, and networks as an address with the length of their prefix.

use std::net::IpAddr;

use super::{Library, no_constants, text};
use crate::builtins::Native;
use crate::failure::{Run, fail};
use crate::machine::Machine;
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "sockaddr",
    functions: &[
        Native::new("sockaddr.is_contained", 2, 2, |machine, arguments| {
            let [outer, inner] = two(machine, arguments, "sockaddr.is_contained")?;
            Ok(Value::Bool(outer.contains(&inner)))
        }),
        Native::new("sockaddr.is_equal", 2, 2, |machine, arguments| {
            let [a, b] = two(machine, arguments, "sockaddr.is_equal")?;
            Ok(Value::Bool(a.address == b.address && a.prefix == b.prefix))
        }),
        Native::new("sockaddr.is_ipv4", 1, 1, |machine, arguments| {
            let network = Network::argument(machine, arguments, 0, "sockaddr.is_ipv4")?;
            Ok(Value::Bool(network.address.is_ipv4()))
        }),
        Native::new("sockaddr.is_ipv6", 1, 1, |machine, arguments| {
            let network = Network::argument(machine, arguments, 0, "sockaddr.is_ipv6")?;
            Ok(Value::Bool(network.address.is_ipv6()))
        }),
    ],
    constant: no_constants,
};

struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn argument(
        machine: &Machine<'_>,
        arguments: &[Value],
        at: usize,
        function: &str,
    ) -> Run<Self> {
        let text = text(machine, arguments, at, function)?;
        match Self::parse(&text) {
            Some(network) => Ok(network),
            None => fail(format!("`{function}`: `{text}` is neither an address nor a network")),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                prefix.parse().ok()?
            }
            Some(_) => return None,
            None => width,
        };
        (prefix <= width).then_some(Self { address, prefix })
    }

    fn contains(&self, inner: &Self) -> bool {
        // Addresses of version 4 are compared in the upper 32 of 128 bits.
        let beyond = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
            IpAddr::V6(address) => u128::from(address),
        };
        let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
        self.address.is_ipv4() == inner.address.is_ipv4()
            && self.prefix <= inner.prefix
            && beyond(self.address) & mask == beyond(inner.address) & mask
    }
}

fn two(machine: &Machine<'_>, arguments: &[Value], function: &str) -> Run<[Network; 2]> {
    Ok([
        Network::argument(machine, arguments, 0, function)?,
        Network::argument(machine, arguments, 1, function)?,
    ])
}
