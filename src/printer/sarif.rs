//! SARIF 2.1.0, for code scanning.
//!
//! Invariant: the document validates against the official schema, and every region counts lines and
//! columns as [`crate::parser::Position`] does, which the run says of itself.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::ascii_json;
use super::fingerprint::{FingerprintedFinding, marked};
use super::message::{help, kind, message};
use super::path::uri;
use crate::fix::Fix;
use crate::linter::{Problem, Run, Verdict};
use crate::parser::Position;
use crate::rule::{self, ARGUMENT, IMMUTABLE};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What relative URIs are relative to.
const ROOT: &str = "%SRCROOT%";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<'r> {
    tool: Tool,
    column_kind: &'static str,
    newline_sequences: [&'static str; 3],
    original_uri_base_ids: serde_json::Value,
    invocations: [Invocation; 1],
    results: Vec<SarifResult<'r>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: [Rule; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
    help_uri: &'static str,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct RuleProperties {
    security_severity: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    precision: &'static str,
    category: &'static str,
    provider: &'static str,
    platform: &'static str,
    cwe: &'static str,
    kics_query_id: &'static str,
    tags: [&'static str; 6],
}

#[derive(Serialize)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
    locations: [Location; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'r> {
    rule_id: &'static str,
    rule_index: u32,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    /// Empty rather than absent: SARIF wants it in all results of a run or in none.
    suppressions: Vec<Suppression<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<SarifFix<'r>>,
    properties: Properties<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifFix<'r> {
    description: Text,
    artifact_changes: [ArtifactChange<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'r> {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'r> {
    deleted_region: ByteRegion,
    inserted_content: Content<'r>,
}

/// The bytes that go; a byte-order mark counts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ByteRegion {
    byte_offset: usize,
    byte_length: usize,
}

#[derive(Serialize)]
struct Content<'r> {
    text: &'r str,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "ecrLintTask/v1")]
    task: String,
}

#[derive(Serialize)]
struct Suppression<'r> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'r str>,
}

#[derive(Serialize)]
struct Properties<'r> {
    kind: &'static str,
    module: &'r str,
    task: Option<&'r str>,
    value: Option<&'r str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let base = serde_json::json!({
        ROOT: { "description": { "text": "The directory that ecr-lint was run in." } }
    });
    let run = SarifRun {
        tool: Tool { driver: driver() },
        column_kind: "unicodeCodePoints",
        newline_sequences: ["\r\n", "\n", "\r"],
        original_uri_base_ids: base,
        invocations: [invocation(run)],
        results: marked(run).into_iter().map(result).collect(),
    };
    ascii_json::write(&Document { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)
}

fn driver() -> Driver {
    Driver {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: rule::PAGE,
        rules: [Rule {
            id: rule::ID,
            name: "EcrImageTagNotImmutable",
            short_description: Text::plain(rule::TITLE),
            full_description: Text::plain(rule::DESCRIPTION),
            help: Text { text: rule_help(), markdown: Some(rule_markdown()) },
            help_uri: rule::PAGE,
            default_configuration: Configuration { level: "warning" },
            properties: RuleProperties {
                security_severity: "5.0",
                problem_severity: "warning",
                precision: "high",
                category: rule::CATEGORY,
                provider: rule::PROVIDER,
                platform: rule::PLATFORM,
                cwe: rule::CWE,
                kics_query_id: rule::KICS_ID,
                tags: ["security", "ansible", "aws", "ecr", rule::CWE, "external/cwe/cwe-710"],
            },
        }],
    }
}

fn rule_help() -> String {
    format!("{} Set {ARGUMENT}: {IMMUTABLE} in the task.", rule::DESCRIPTION)
}

fn rule_markdown() -> String {
    format!(
        "{}\n\n```yaml\n- name: Create the repository of the web shop\n  community.aws.ecs_ecr:\n    \
         name: shop/web\n    {ARGUMENT}: {IMMUTABLE}\n```\n\n[The rule]({}), [the module]({})\n",
        rule::DESCRIPTION,
        rule::PAGE,
        rule::MODULE_PAGE
    )
}

fn invocation(run: &Run) -> Invocation {
    let notifications = run.reports.iter().flat_map(|report| {
        let path = &report.path;
        let told = |level| move |told: &Problem| notification(level, &told.message, path, told.position);
        report.problems.iter().map(told("error")).chain(report.warnings.iter().map(told("warning")))
    });
    Invocation {
        execution_successful: run.verdict() != Verdict::Incomplete,
        tool_execution_notifications: notifications.collect(),
    }
}

fn notification(level: &'static str, text: &str, path: &Path, position: Option<Position>) -> Notification {
    let region = position.map(|at| Region {
        start_line: at.line,
        start_column: at.column,
        end_line: None,
        end_column: None,
    });
    Notification { level, message: Text::plain(text), locations: [location(path, region)] }
}

fn result(marked: FingerprintedFinding<'_>) -> SarifResult<'_> {
    let FingerprintedFinding { report, finding, suppressed, fix, fingerprint } = marked;
    let (start, end, item) = (finding.start, finding.end, &finding.item);
    let region = Region {
        start_line: start.line,
        start_column: start.column,
        end_line: Some(end.line),
        end_column: Some(end.column),
    };
    SarifResult {
        rule_id: rule::ID,
        rule_index: 0,
        level: "warning",
        message: Text::plain(&format!("{}; {}", message(item), help(item))),
        locations: [location(&report.path, Some(region))],
        partial_fingerprints: Fingerprints { task: fingerprint },
        suppressions: suppressed
            .map(|suppressed| Suppression { kind: "inSource", justification: suppressed.reason.as_deref() })
            .into_iter()
            .collect(),
        fixes: fix.and_then(|fix| sarif_fix(&report.path, fix)).into_iter().collect(),
        properties: Properties {
            kind: kind(item.kind),
            module: &item.module,
            task: item.task.as_deref(),
            value: item.value.as_deref(),
        },
    }
}

/// The fix of a finding; all its edits belong together.
fn sarif_fix<'r>(path: &Path, fix: &'r Fix) -> Option<SarifFix<'r>> {
    let Fix::Edits(edits) = fix else { return None };
    let replacements = edits.iter().map(|edit| Replacement {
        deleted_region: ByteRegion { byte_offset: edit.offset, byte_length: edit.length },
        inserted_content: Content { text: &edit.text },
    });
    let change = ArtifactChange { artifact_location: artifact(path), replacements: replacements.collect() };
    Some(SarifFix {
        description: Text::plain(&format!("Set {ARGUMENT}: {IMMUTABLE}")),
        artifact_changes: [change],
    })
}

fn location(path: &Path, region: Option<Region>) -> Location {
    Location { physical_location: PhysicalLocation { artifact_location: artifact(path), region } }
}

fn artifact(path: &Path) -> ArtifactLocation {
    let uri = uri(path);
    let uri_base_id = (!uri.starts_with("file:")).then_some(ROOT);
    ArtifactLocation { uri, uri_base_id }
}

impl Text {
    /// A text whose `[…](…)` is no link, as which SARIF would read it.
    fn plain(text: &str) -> Self {
        Self { text: text.replace("](", "] ("), markdown: None }
    }
}
