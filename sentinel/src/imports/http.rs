//! `import "http"`: refused. A policy that can call any address is a way into the network that it
//! is evaluated in. In tests it is mocked.

use super::Library;
use crate::failure::fail;

pub(super) static LIBRARY: Library = Library {
    path: "http",
    functions: &[],
    constant: |_, name| {
        fail(format!(
            "`http.{name}`: policies may not call HTTP here. Give the policy the data that it needs, \
             or mock the import"
        ))
    },
};
