//! Each setting has a page in `docs/`, and the table at its top is made from the setting's module.

use std::fs;
use std::path::PathBuf;

use wxbulk::setting::{ALL, FieldKind, Setting};

const BEGINS: &str = "<!-- made from the setting's module -->\n";
const ENDS: &str = "<!-- until here -->\n";

fn page_of(setting: &Setting) -> PathBuf {
    let name = format!("docs/{}.md", setting.name);
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn holding(setting: &Setting, kind: FieldKind) -> String {
    let fields = setting.fields.iter().filter(|field| field.kind == kind);
    listed(fields.map(|field| field.column))
}

fn table(setting: &Setting) -> String {
    let target = setting.target;
    let url = |path: [&str; 2]| format!("`{}{{id}}{}`", path[0], path[1]);
    let mut urls: Vec<String> = setting.resources.iter().map(|one| url(one.path)).collect();
    urls.dedup();
    let kinds = [
        ("numbers", FieldKind::Number),
        ("rules", FieldKind::Action),
        ("`yes` or `no`", FieldKind::YesOrNo),
    ];
    let mut lines = vec![(
        "set on".to_string(),
        format!(
            "{}: `{}`, or `{}`",
            target.plural, target.id_column, target.name_column
        ),
    )];
    for (holds, kind) in kinds {
        let columns = holding(setting, kind);
        if !columns.is_empty() {
            lines.push((format!("columns that hold {holds}"), columns));
        }
    }
    lines.push(("read and changed at".into(), urls.join(", ")));
    let mut scopes = vec![setting.read_scope, setting.write_scope];
    scopes.dedup();
    lines.push(("scopes".into(), listed(scopes.into_iter())));
    lines.push((
        "before a change".into(),
        if setting.needs_read {
            "the present values are read"
        } else {
            "nothing is read, but with `--backup` or a plan, or to clear a number"
        }
        .into(),
    ));
    if setting.when_ignored.is_some() {
        lines.push(("after a change".into(), "the values are read back".into()));
    }
    let previous = setting.columns("previous");
    let previous = match &previous[..] {
        [first, .., last] => format!("`{first}` to `{last}`"),
        rest => listed(rest.iter().map(String::as_str)),
    };
    lines.push(("values from before in the results".into(), previous));
    let rows: Vec<String> = lines
        .iter()
        .map(|(name, value)| format!("| {name} | {value} |\n"))
        .collect();
    format!("{BEGINS}\n| | |\n|---|---|\n{}\n{ENDS}", rows.concat())
}

/// The page with its table as it is now, behind the first paragraph where there was none.
fn with_table(page: &str, table: &str) -> String {
    if let (Some(begins), Some(ends)) = (page.find(BEGINS), page.find(ENDS)) {
        return format!("{}{table}{}", &page[..begins], &page[ends + ENDS.len()..]);
    }
    let mut paragraphs = page.splitn(3, "\n\n");
    let [title, first, rest] = [(); 3].map(|()| paragraphs.next().unwrap_or_default());
    format!("{title}\n\n{first}\n\n{table}\n{rest}")
}

#[test]
fn the_table_of_each_setting_is_as_its_module_says() {
    for setting in ALL {
        let path = page_of(setting);
        let page = fs::read_to_string(&path).expect("each setting has a page");
        assert_eq!(
            page,
            with_table(&page, &table(setting)),
            "{}: `cargo test --test it docs:: -- --ignored` and `setting_pages:: -- --ignored` write it",
            path.display()
        );
    }
}

#[test]
#[ignore = "writes the pages"]
fn the_tables_are_written() {
    for setting in ALL {
        let path = page_of(setting);
        let page = fs::read_to_string(&path).expect("each setting has a page");
        fs::write(&path, with_table(&page, &table(setting))).expect("written");
    }
}
