//! Which strings Ansible treats as templates.
//!
//! Invariant: only the delimiters are looked at, as ansible-core does before it compiles a template.

const STARTS: [&str; 3] = ["{{", "{%", "{#"];
const ENDS: [&str; 3] = ["}}", "%}", "#}"];

/// The header that makes any string a template.
const OVERRIDE: &str = "#jinja2:";

/// Longer texts count as templates without a look: aliases can ask about one in every task, and no value of the rule is
/// that long, so that it is flagged either way.
const LONGEST_LITERAL: usize = 4096;

/// `is_possibly_template` of ansible-core.
pub(super) fn is_template(text: &str) -> bool {
    text.len() > LONGEST_LITERAL
        || text.starts_with(OVERRIDE)
        || STARTS.iter().any(|start| text.contains(start))
}

/// `is_possibly_all_template` of ansible-core.
pub(super) fn is_all_template(text: &str) -> bool {
    let delimited =
        STARTS.iter().any(|start| text.starts_with(start)) && ENDS.iter().any(|end| text.ends_with(end));
    delimited || text.starts_with(OVERRIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_count_as_templates() {
        assert!(!is_template(&"a".repeat(LONGEST_LITERAL)));
        assert!(is_template(&"a".repeat(LONGEST_LITERAL + 1)));
    }
}
