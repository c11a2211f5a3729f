//! JUnit XML, for test reports.
//!
//! Invariant: a suite for each file with something to say, a failure for each finding, an error for each problem; a run
//! without either has one case, which passes, or is skipped if there was no file. Names stay when lines move.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::escape::escape_controls;
use super::message::help;
use super::path::{display_path, escaped_slash_path};
use super::row::{Ordinals, Row, Subject, Subjects, hash};
use crate::report::{Record, Run, Verdict};
use crate::rule;

/// The name of the whole report, and of the suite of a run that found nothing.
const NAME: &str = env!("CARGO_PKG_NAME");

pub(super) fn print(run: &Run, subjects: &Subjects<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Xml(Writer::new_with_indent(out, b' ', 4));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let (is_clean, is_empty) = (run.verdict() == Verdict::Clean, run.checked_nothing());
    let mut counts = Counts::of(subjects.rows());
    counts.tests += usize::from(is_clean);
    counts.skipped += usize::from(is_empty);
    let [tests, skipped, errors, failures] = counts.texts();
    let counts = [("tests", &*tests), ("skipped", &skipped), ("failures", &failures), ("errors", &errors)];
    xml.open("testsuites", [("name", NAME)].into_iter().chain(counts))?;
    if is_clean {
        let skipped = if is_empty { "1" } else { "0" };
        let counts = [("tests", "1"), ("skipped", skipped), ("errors", "0"), ("failures", "0")];
        xml.open("testsuite", [("name", NAME)].into_iter().chain(counts))?;
        if is_empty {
            xml.open("testcase", [("name", rule::ID)])?;
            xml.leaf("skipped", [("message", "no YAML files found")], None)?;
            xml.close("testcase")?;
        } else {
            xml.leaf("testcase", [("name", rule::ID)], None)?;
        }
        xml.close("testsuite")?;
    }
    let mut names = Ordinals::default();
    subjects.0.iter().try_for_each(|subject| xml.suite(subject, &mut names))?;
    xml.close("testsuites")?;
    xml.0.write_indent() // ends the last line
}

/// How many cases there are of each kind.
#[derive(Default)]
struct Counts {
    tests: usize,
    skipped: usize,
    errors: usize,
    failures: usize,
}

impl Counts {
    fn of<'r>(rows: impl Iterator<Item = Row<'r>>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.tests += 1;
            match row.record {
                Record::Finding { .. } => counts.failures += 1,
                Record::Problem { .. } => counts.errors += 1,
                Record::Suppressed { .. } => counts.skipped += 1,
                Record::Warning { .. } => counts.tests -= 1,
            }
        }
        counts
    }

    fn texts(&self) -> [String; 4] {
        [self.tests, self.skipped, self.errors, self.failures].map(|count| count.to_string())
    }
}

/// Writes elements, each on a line of its own.
struct Xml<'o>(Writer<&'o mut dyn Write>);

impl Xml<'_> {
    fn open<'a>(
        &mut self,
        tag: &str,
        attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(tag).with_attributes(attributes)))
    }

    fn close(&mut self, tag: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(tag)))
    }

    /// An element that holds a text, or nothing.
    fn leaf<'a>(
        &mut self,
        tag: &str,
        attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
        text: Option<&str>,
    ) -> io::Result<()> {
        let Some(text) = text else {
            return self.0.write_event(Event::Empty(BytesStart::new(tag).with_attributes(attributes)));
        };
        self.open(tag, attributes)?;
        self.0.write_event(Event::Text(BytesText::new(text)))?;
        self.close(tag)
    }

    /// The suite of one file, if it has a case.
    fn suite(&mut self, subject: &Subject<'_>, names: &mut Ordinals) -> io::Result<()> {
        let counts = Counts::of(subject.rows());
        if counts.tests == 0 {
            return Ok(());
        }
        let path = escaped_slash_path(subject.path());
        let [tests, skipped, errors, failures] = counts.texts();
        let counts =
            [("tests", &*tests), ("skipped", &skipped), ("errors", &errors), ("failures", &failures)];
        self.open("testsuite", [("name", &*path)].into_iter().chain(counts))?;
        let is_suppressed = |row: &Row<'_>| matches!(row.record, Record::Suppressed { .. });
        let is_case = |row: &Row<'_>| !matches!(row.record, Record::Warning { .. });
        let others = subject.rows().filter(|row| is_case(row) && !is_suppressed(row));
        let cases = others.chain(subject.rows().filter(is_suppressed));
        // Jenkins takes what stands behind the last dot for the class and the rest for its package
        let class = escaped_slash_path(&subject.path().with_extension("")).replace('.', "_");
        for row in cases {
            let message = row.message();
            // test reports know a case by its class and name from run to run
            let name = match names.next(hash(&[&class, &message])) {
                1 => message.clone(),
                ordinal => format!("{message} ({ordinal})"),
            };
            self.open("testcase", [("name", &*name), ("classname", &class), ("file", &path)])?;
            self.outcome(&row, &message)?;
            self.close("testcase")?;
        }
        self.close("testsuite")
    }

    fn outcome(&mut self, row: &Row<'_>, message: &str) -> io::Result<()> {
        let location = row.location(&display_path(row.subject.path()));
        match row.record {
            Record::Suppressed { .. } => {
                let reason = row.reason().map(|reason| format!(": {}", escape_controls(reason)));
                let message = format!("suppressed by a comment{}", reason.unwrap_or_default());
                self.leaf("skipped", [("message", &*message)], None)
            }
            Record::Finding { finding, .. } => {
                let text = format!("{location}: {message}\nhelp: {}\nrule: {}", help(finding), rule::PAGE);
                self.leaf("failure", [("message", message), ("type", rule::ID)], Some(&text))
            }
            Record::Problem { .. } | Record::Warning { .. } => {
                let text = format!("{location}: {message}");
                self.leaf("error", [("message", message), ("type", "error")], Some(&text))
            }
        }
    }
}
