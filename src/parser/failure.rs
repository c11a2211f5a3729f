//! Why a text, or one of its tasks, was not read.
//!
//! Invariant: a failure is shown to the user, so each says in plain words what is wrong and what to do.

use std::borrow::Cow;
use std::fmt;

/// Something that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The byte offset in the text; `None` if the text as a whole is concerned.
    pub offset: Option<usize>,
    /// Why.
    pub reason: Reason,
}

/// What reading gives, or why it gives nothing.
pub(super) type Result<T> = std::result::Result<T, Failure>;

/// Why something was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Ansible cannot load the text; with what is wrong.
    Refused(Cow<'static, str>),
    /// Ansible, or one version of it, may read something differently; with what to write instead.
    Unreliable(Cow<'static, str>),
    /// Something that may mean the module and is not checked; with what it is, and what to do.
    NotChecked(Cow<'static, str>),
}

impl Failure {
    pub(super) fn new(offset: usize, reason: Reason) -> Self {
        Self { offset: Some(offset), reason }
    }

    /// Makes it a warning where the text is none of YAML but a template for it.
    pub(crate) fn expect_template(&mut self) {
        if let Reason::Refused(_) = self.reason {
            self.reason = Reason::NotChecked("the file is a template; not checked".into());
        }
    }

    pub(super) fn unreliable(offset: usize, why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(offset, Reason::Unreliable(why.into()))
    }
}

impl Reason {
    /// Whether it is a warning: nothing that the rule is about was missed.
    pub(crate) fn is_warning(&self) -> bool {
        matches!(self, Self::NotChecked(_))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => {
                write!(f, "Ansible cannot load the file: {why}; fix it, or skip the file with --exclude")
            }
            Self::Unreliable(why) => write!(f, "the file cannot be read reliably: {why}"),
            Self::NotChecked(what) => f.write_str(what),
        }
    }
}
