//! A person as another system knows them.

/// A person as another system knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Person {
    /// Their id there: what their identity in that integration is.
    pub id: String,
    /// Their mail address; the same person is known by it in every system.
    pub email: Option<String>,
    /// What they are called there.
    pub name: Option<String>,
    /// Whether their account is in use: neither deactivated nor deleted.
    pub is_active: bool,
    /// Whether they are a guest there.
    pub is_guest: bool,
    /// Whether they belong to another company, as people of shared channels do.
    pub is_outsider: bool,
    /// Whether it is a program.
    pub is_bot: bool,
    /// The mail address of their manager, where the system knows it.
    pub manager: Option<String>,
}

impl Person {
    /// A person of the company, with an account that is in use or not.
    pub(crate) const fn employee(id: String, email: Option<String>, is_active: bool) -> Self {
        let (name, manager) = (None, None);
        let (is_guest, is_outsider, is_bot) = (false, false, false);
        Self { id, email, name, is_active, is_guest, is_outsider, is_bot, manager }
    }
}
