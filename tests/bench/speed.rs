//! How fast the rooms are, each on its own: `cargo bench`. `compare.sh` beside it measures the whole
//! tool against others.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use divan::Bencher;
use divan::counter::BytesCount;
use ecr_lint::fix::{self, Level};
use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::parser::{KeyValues, Tree};
use ecr_lint::scan;
use ecr_lint::search::Search;
use ecr_lint::walker::{WalkOptions, Walker};

fn main() {
    divan::main();
}

/// Tasks of which every second one is an ECR task, 100 KB and more.
fn tasks() -> String {
    let mut text = String::new();
    for index in 0..500 {
        let value = if index % 2 == 0 { "immutable" } else { "mutable" };
        write!(
            text,
            "- name: Create the repository {index}\n  community.aws.ecs_ecr:\n    name: shop/web-{index}\n    \
             scan_on_push: true\n    image_tag_mutability: {value}\n  tags: [registry]\n\
             - name: Say so\n  debug:\n    msg: \"repository {index} \\\"is\\\" there\"\n"
        )
        .expect("a string");
    }
    text
}

/// A file of the ordinary kind: no module's name, some backslashes.
fn unconcerned() -> String {
    tasks().replace("ecs_ecr", "ecr_ecs")
}

#[divan::bench]
fn search_rejects(bencher: Bencher) {
    let (text, search) = (unconcerned(), Search::new(&Modules::default()));
    bencher.counter(BytesCount::of_str(&text)).bench(|| search.concerns(black_box(text.as_bytes())));
}

#[divan::bench]
fn search_decodes_escapes(bencher: Bencher) {
    let (text, search) = (unconcerned() + "\"\\x65\"", Search::new(&Modules::default()));
    bencher.counter(BytesCount::of_str(&text)).bench(|| search.concerns(black_box(text.as_bytes())));
}

#[divan::bench]
fn parse(bencher: Bencher) {
    let (text, modules) = (tasks(), Modules::default());
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| Tree::parse(black_box(&text)).each_task(&modules, |_| {}));
}

#[divan::bench]
fn lint(bencher: Bencher) {
    let (text, options) = (tasks(), LintOptions::new(Modules::default()));
    let path = Path::new("bench.yml");
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| linter::lint(path, black_box(text.as_bytes()), &options));
}

/// Finding the fixes of what `lint` finds; the bar is 2.5 times its cost.
#[divan::bench]
fn fix(bencher: Bencher) {
    let options = LintOptions { fixes: Some(Level::Safe), ..LintOptions::new(Modules::default()) };
    let (text, path) = (tasks(), Path::new("bench.yml"));
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| linter::lint(path, black_box(text.as_bytes()), &options));
}

/// Writing one fixed file safely, `fsync` included.
#[divan::bench]
fn write(bencher: Bencher) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (path, old) = (folder.path().join("f.yml"), tasks());
    let new = old.replace("mutability: mutable", "mutability: immutable");
    bencher
        .with_inputs(|| fs::write(&path, &old).expect("a file"))
        .bench_values(|()| fix::apply(&path, old.as_bytes(), new.as_bytes()).expect("written"));
}

#[divan::bench]
fn key_values(bencher: Bencher) {
    let text =
        "name=shop/web image_tag_mutability='immutable' region={{ region }} tags=\"a b\" ".repeat(1000);
    bencher.counter(BytesCount::of_str(&text)).bench(|| KeyValues::parse(black_box(&text)));
}

/// 2,000 files in 100 directories, 10 of which concern the rule.
#[divan::bench]
fn tree(bencher: Bencher) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let text = unconcerned();
    for index in 0..2000 {
        let parent = folder.path().join(format!("d{}", index % 100));
        fs::create_dir_all(&parent).expect("a folder");
        let text = if index % 200 == 0 { "- ecs_ecr: {name: x}\n" } else { &text[..700] };
        fs::write(parent.join(format!("f{index}.yml")), text).expect("a file");
    }
    let paths: Vec<PathBuf> = vec![folder.path().to_owned()];
    let walker = Walker::new(WalkOptions { paths, no_ignore: true, ..WalkOptions::default() });
    let walker = walker.expect("no pattern");
    let options = LintOptions::new(Modules::default());
    bencher.bench(|| scan::lint_paths(&walker, &options, 2, None, false));
}
