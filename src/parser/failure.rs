//! Why a text, or one of its tasks, was not read.
//!
//! Invariant: a failure is shown to the user, so each says in plain words what is wrong and what to do.

use std::fmt;

/// Something that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The byte offset in the text; `None` if the text as a whole is concerned.
    pub offset: Option<usize>,
    /// Why.
    pub reason: Reason,
}

impl Failure {
    pub(super) fn new(offset: usize, reason: impl Into<Reason>) -> Self {
        Self { offset: Some(offset), reason: reason.into() }
    }
}

/// Why something was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The text is not YAML; Ansible cannot load it either.
    NotYaml(NotYaml),
    /// Ansible may load the text, and may read it differently.
    Unreliable(Unreliable),
    /// An alias to an anchor of this name, which the document does not have.
    UndefinedAlias(String),
    /// A k=v string with an open quote or Jinja block.
    OpenKeyValues,
    /// A template without quotes: a mapping with a mapping as its key.
    UnquotedTemplate,
    /// A task of another collection's module with the same name, which nobody asked to check.
    OtherCollection(String),
}

impl Reason {
    /// Whether it is a warning: nothing that the rule is about was missed.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::OtherCollection(_))
    }
}

/// Why a text is not YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotYaml {
    /// A tab as indentation.
    Tab,
    /// A quote that is never closed.
    OpenQuote,
    /// A bracket or brace that is never closed.
    OpenBracket,
    /// A conflict marker of git.
    ConflictMarker,
    /// Anything else: libyaml's message.
    Other(String),
}

/// A construct that ecr-lint may read differently from Ansible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreliable {
    /// Too many or too long `%TAG` directives, which take libyaml long.
    TagDirectives,
    /// A long run of white space, which takes libyaml long.
    WhiteSpace,
    /// Deeply nested lists and mappings, which take libyaml long.
    Nesting,
    /// A mapping with the tag of a scalar: `PyYAML` may replace it by the value of its key `=`.
    ScalarTag,
    /// JSON that libyaml refuses, with its message.
    Json(String),
    /// A key because of which Ansible's JSON decoder replaces the whole object.
    JsonKey,
    /// A character in JSON that is a line break in YAML.
    JsonLineBreak,
    /// A merge in which the versions of `PyYAML` take a key from different mappings.
    Merge,
    /// A merge of an `!unsafe` mapping that has a `<<` itself.
    UnsafeMerge,
    /// Merges or defaults with too many levels or entries.
    MergeSize,
    /// Blocks that aliases nest too deep.
    Blocks,
    /// Aliases that repeat the same tasks too often.
    RepeatedTasks,
    /// A named escape in a k=v string, which takes Python's table of character names.
    Escape,
    /// An inner `args` or an entry of `module_defaults` that is a list, which Ansible passes to Python's `dict.update`.
    ListOfArguments,
    /// An argument with a name under which Ansible stores a template for all arguments.
    InternalKey,
}

impl From<NotYaml> for Reason {
    fn from(reason: NotYaml) -> Self {
        Self::NotYaml(reason)
    }
}

impl From<Unreliable> for Reason {
    fn from(reason: Unreliable) -> Self {
        Self::Unreliable(reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYaml(why) => {
                write!(f, "does not parse as YAML: {why}; fix it, or skip the file with --exclude")
            }
            Self::Unreliable(why) => write!(f, "cannot be read reliably: {why}"),
            Self::UndefinedAlias(name) => write!(
                f,
                "the alias *{name} names no anchor before it in this document, which Ansible refuses"
            ),
            Self::OpenKeyValues => f.write_str(
                "the task's k=v string leaves a quote or a Jinja block open, which Ansible refuses; close it",
            ),
            Self::UnquotedTemplate => f.write_str(
                "a template without quotes is a mapping to YAML, which Ansible refuses; write it in quotes: \"{{ … }}\"",
            ),
            Self::OtherCollection(name) => write!(
                f,
                "{name} is not checked: Ansible's module is community.aws.ecs_ecr; name one of your own under `modules` in .ecr-lint.yaml"
            ),
        }
    }
}

impl fmt::Display for NotYaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tab => "a tab indents this line; indent with spaces",
            Self::OpenQuote => "this quote is never closed",
            Self::OpenBracket => "this bracket is never closed",
            Self::ConflictMarker => "this is a merge conflict marker",
            Self::Other(problem) => problem,
        })
    }
}

impl fmt::Display for Unreliable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TagDirectives => {
                "there are too many %TAG directives, or one is too long; write the tags out"
            }
            Self::WhiteSpace => "this run of white space is too long; shorten it",
            Self::Nesting => "more than 255 lists and mappings are nested here",
            Self::ScalarTag => "this mapping has the tag of a scalar; write the scalar",
            Self::Json(problem) => {
                return write!(f, "libyaml refuses this JSON: {problem}; write it as YAML");
            }
            Self::JsonKey => "Ansible replaces JSON objects that have this key; write it as YAML",
            Self::JsonLineBreak => {
                "this character breaks lines in YAML but not in JSON; write it as an escape"
            }
            Self::Merge => "PyYAML 6.0.3 and 6.0.4 read this merge differently; write the key out",
            Self::UnsafeMerge => "this merges an !unsafe mapping that merges another one; write its keys out",
            Self::MergeSize => "merges (<<) or module_defaults are nested too deep or too large",
            Self::Blocks => "blocks are nested too deep",
            Self::RepeatedTasks => "its aliases repeat tasks too often",
            Self::Escape => "the task's k=v string holds an escape such as \\N{…}; write the character",
            Self::ListOfArguments => "its args or module_defaults are a list; write a mapping",
            Self::InternalKey => {
                "it sets _raw_params or _variable_params, which are Ansible's own; write the arguments out"
            }
        })
    }
}
