//! Which strings Ansible treats as templates.
//!
//! Invariant: only the delimiters are looked at, as ansible-core does before it compiles a template.

const STARTS: [&str; 3] = ["{{", "{%", "{#"];
const ENDS: [&str; 3] = ["}}", "%}", "#}"];

/// The header that makes any string a template.
const OVERRIDE: &str = "#jinja2:";

/// `is_possibly_template` of ansible-core.
pub(super) fn is_template(text: &str) -> bool {
    text.starts_with(OVERRIDE) || STARTS.iter().any(|start| text.contains(start))
}

/// `is_possibly_all_template` of ansible-core.
pub(super) fn is_all_template(text: &str) -> bool {
    let delimited =
        STARTS.iter().any(|start| text.starts_with(start)) && ENDS.iter().any(|end| text.ends_with(end));
    delimited || text.starts_with(OVERRIDE)
}
