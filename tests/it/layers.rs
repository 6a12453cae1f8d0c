//! The layers that `src/lib.rs` shows: imports go strictly down, and each outside crate is named in one place.
//!
//! The sources are parsed, not searched, so that a name in a comment or a longer name is no finding,
//! and only what really stands behind `#[cfg(test)]` is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Outside crates and the only places that may name them. Every dependency has a line.
const CRATES: &[(&str, &[&str])] = &[
    ("anyhow", &[""]),
    ("base64", &["model/ids.rs", "simulator/"]),
    ("quick_xml", &["sheet/xlsx/"]),
    ("chardetng", &["sheet/encoding.rs"]),
    ("clap", &["cli/"]),
    (
        "clap_complete",
        &["cli/", "commands/completions_and_man.rs"],
    ),
    ("clap_mangen", &["cli/"]),
    (
        "console",
        &[
            "application/progress/",
            "cli/token_prompt.rs",
            "platform/line_breaks.rs",
        ],
    ),
    (
        "crc32fast",
        &["journal/", "model/row.rs", "table/", "sheet/"],
    ),
    (
        "csv",
        &[
            "sheet/",
            "application/results/",
            "application/undo_sheet/",
            "table/",
        ],
    ),
    ("csv_core", &["sheet/record_parser.rs"]),
    ("encoding_rs", &["sheet/encoding.rs"]),
    ("encoding_rs_io", &["sheet/encoding.rs"]),
    (
        "fastrand",
        &[
            "engine/",
            "application/",
            "cli/resolve.rs",
            "commands/whoami.rs",
            "simulator/",
        ],
    ),
    ("foldhash", &["model/ids.rs", "model/row.rs"]),
    (
        "futures",
        &[
            "engine/",
            "journal/",
            "application/",
            "journal/",
            "platform/",
            "simulator/",
            "commands/",
        ],
    ),
    ("gethostname", &["platform/"]),
    ("governor", &["pace/"]),
    ("hdrhistogram", &["traffic/"]),
    ("http_body_util", &["simulator/"]),
    ("hyper", &["simulator/"]),
    ("hyper_util", &["simulator/", "webex/http/proxy.rs"]),
    ("indicatif", &["application/progress/"]),
    ("icu_normalizer", &["sheet/"]),
    ("jiff", &[""]),
    ("maud", &["application/report/"]),
    ("memchr", &["sheet/"]),
    ("percent_encoding", &["webex/", "simulator/"]),
    ("plotters", &["application/report/request_chart.rs"]),
    ("reqwest", &["webex/http/"]),
    ("rlibphonenumber", &["sheet/numbering_plan.rs"]),
    ("rust_xlsxwriter", &["table/xlsx_writer.rs"]),
    ("rustix", &["platform/"]),
    ("rustls", &["webex/http/"]),
    ("serde", &[""]),
    ("serde_json", &[""]),
    (
        "sha2",
        &["sheet/", "webex/token.rs", "webex/service_app.rs"],
    ),
    ("strsim", &["application/missing_file.rs", "sheet/"]),
    (
        "tempfile",
        &["application/spool.rs", "sheet/", "platform/", "table/"],
    ),
    ("tokio", &[""]),
    ("tracing", &[""]),
    ("tracing_subscriber", &["application/logging.rs"]),
    ("uuid", &["engine/", "webex/", "model/ids.rs", "simulator/"]),
    ("zip", &["sheet/xlsx/package.rs"]),
];

/// The files outside of `src/setting` and the simulator that name one setting or one kind of thing that settings
/// are set on, and why. All others take it as an argument, so that a setting that is added touches its own
/// module and the list of settings.
const OF_ONE_SETTING: &[(&str, &str)] = &[
    (
        "journal/header.rs",
        "journals that name no setting are older than all but one",
    ),
    (
        "commands/selftest.rs",
        "it is about the numbers of one location",
    ),
    ("application/selftest/", "the same"),
    (
        "application/export_targets.rs",
        "of locations alone addresses and time zones are listed",
    ),
    (
        "commands/whoami.rs",
        "it counts locations, whatever is set on them",
    ),
    (
        "sheet/columns/heading_words.rs",
        "a table of places may be for any setting",
    ),
];

/// A source file: where it is below `src`, and what it says outside of its tests.
struct Source {
    path: String,
    file: syn::File,
}

impl Source {
    /// The module at the root of the crate that it belongs to.
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }
}

/// What the paths of a file begin with.
#[derive(Default)]
struct Names {
    /// After `crate::`.
    modules: BTreeSet<String>,
    /// First segments of all paths.
    firsts: BTreeSet<String>,
    /// All paths of several segments.
    paths: BTreeSet<Vec<String>>,
    is_in_macro: bool,
}

impl Names {
    fn of(file: &syn::File) -> Names {
        let mut names = Names::default();
        names.visit_file(file);
        names
    }

    fn add(&mut self, segments: &[String]) {
        if segments.len() > 1 {
            self.paths.insert(segments.to_vec());
        }
        match segments {
            [first, second, ..] if first == "crate" => {
                self.modules.insert(second.clone());
            }
            [first, ..] => {
                self.firsts.insert(first.clone());
            }
            [] => {}
        }
    }

    fn add_use(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_use(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.add(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.add(before),
            syn::UseTree::Group(group) => {
                let mut items = group.items.iter();
                items.by_ref().for_each(|tree| self.add_use(before, tree));
            }
        }
    }

    /// Paths in a macro's tokens, which are no syntax yet: words with `::` between them.
    fn add_tokens(&mut self, text: &str) {
        for path in text.replace(" :: ", "::").split(|character: char| {
            !character.is_alphanumeric() && character != '_' && character != ':'
        }) {
            let segments: Vec<String> = path.split("::").map(String::from).collect();
            if segments.len() > 1 {
                self.add(&segments);
            }
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|argument| argument.is_ident("test"))
    })
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_for_tests(attributes_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter();
        let segments: Vec<String> = segments.map(|segment| segment.ident.to_string()).collect();
        // A path of one word is a name that was imported, or is in scope anyway.
        if segments.len() > 1 || self.is_in_macro {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        visit::visit_path(self, &invoked.path);
        self.visit_path(&invoked.path);
        let tokens = invoked.tokens.to_string();
        let in_code: String = outside_of_strings(&tokens);
        self.add_tokens(&in_code);
    }
}

fn outside_of_strings(tokens: &str) -> String {
    let mut kept = String::new();
    let mut characters = tokens.chars();
    let mut is_inside = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' if is_inside => {
                characters.next();
            }
            '"' => is_inside = !is_inside,
            _ if !is_inside => kept.push(character),
            _ => {}
        }
    }
    kept
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files below `src` but those that a `#[cfg(test)] mod …;` declares.
fn sources() -> Vec<Source> {
    fn read(path: &Path, found: &mut Vec<(PathBuf, syn::File)>) {
        let text = fs::read_to_string(path).expect("a source file");
        let file =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let folder = path.parent().expect("a folder");
        let is_folder_file = ["mod.rs", "lib.rs", "main.rs"]
            .iter()
            .any(|name| path.ends_with(name));
        let own = if is_folder_file {
            folder.to_path_buf()
        } else {
            path.with_extension("")
        };
        for item in &file.items {
            let syn::Item::Mod(module) = item else {
                continue;
            };
            if module.content.is_some() || is_for_tests(&module.attrs) {
                continue;
            }
            let name = module.ident.to_string();
            let as_file = own.join(format!("{name}.rs"));
            let as_folder = own.join(&name).join("mod.rs");
            read(
                if as_file.exists() {
                    &as_file
                } else {
                    &as_folder
                },
                found,
            );
        }
        found.push((path.to_path_buf(), file));
    }
    let mut found = Vec::new();
    read(&root().join("lib.rs"), &mut found);
    read(&root().join("main.rs"), &mut found);
    let relative = |path: &Path| {
        let path = path
            .strip_prefix(root())
            .expect("below src")
            .to_string_lossy();
        path.replace('\\', "/")
    };
    found
        .into_iter()
        .map(|(path, file)| Source {
            path: relative(&path),
            file,
        })
        .collect()
}

/// The layers that `lib.rs` shows, the topmost first: the modules below each `// Layer:` line.
fn layers() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(root().join("lib.rs")).expect("lib.rs");
    let mut layers: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("// Layer: ") {
            let name = heading.split(',').next().unwrap_or_default();
            layers.push((name.to_string(), Vec::new()));
        } else if let Some(module) = line
            .strip_prefix("pub mod ")
            .and_then(|rest| rest.strip_suffix(';'))
        {
            let layer = layers.last_mut().expect("a module stands below a heading");
            layer.1.push(module.to_string());
        }
    }
    layers
}

#[test]
fn imports_go_strictly_down_the_layers() {
    let layers = layers();
    let names: Vec<&str> = layers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["commands", "application", "engine", "parts", "model"]
    );
    let layer_of = |module: &str| {
        let at = layers
            .iter()
            .position(|(_, modules)| modules.iter().any(|one| one == module));
        at.unwrap_or_else(|| panic!("the module `{module}` stands in no layer"))
    };
    let mut siblings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        let module = source.module();
        if matches!(module, "main" | "lib") {
            continue;
        }
        for used in Names::of(&source.file).modules {
            let (from, to) = (layer_of(module), layer_of(&used));
            assert!(from <= to, "src/{} climbs: it uses `{used}`", source.path);
            if from == to && used != module {
                siblings.entry(module.to_string()).or_default().insert(used);
            }
        }
    }
    ensure_no_circle(siblings);
}

/// Within a layer modules may use each other, but not in a circle.
fn ensure_no_circle(mut uses: BTreeMap<String, BTreeSet<String>>) {
    while !uses.is_empty() {
        let unresolved: BTreeSet<String> = uses.keys().cloned().collect();
        let before = uses.len();
        uses.retain(|_, used| used.iter().any(|one| unresolved.contains(one)));
        assert!(uses.len() < before, "a circle within a layer: {uses:?}");
    }
}

#[test]
fn no_circle_is_among_the_files_and_folders_of_a_module() {
    let sources = sources();
    // `["application", "run"]` of `application/run.rs` and of `application/run/mod.rs`.
    let place = |source: &Source| -> Vec<String> {
        let path = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').map(String::from).collect()
    };
    let places: Vec<Vec<String>> = sources.iter().map(place).collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (source, own) in sources.iter().zip(&places).filter(|(_, own)| own.len() > 1) {
        for path in Names::of(&source.file).paths {
            let above = path
                .iter()
                .take_while(|segment| *segment == "super")
                .count();
            let mut used: Vec<String> = match path[0].as_str() {
                "crate" => Vec::new(),
                "super" => own[..own.len().saturating_sub(above)].to_vec(),
                "self" => own.clone(),
                _ => continue,
            };
            used.extend(path[above.max(1)..].iter().cloned());
            let [module, room, ..] = &used[..] else {
                continue;
            };
            let is_there = places.iter().any(|one| one.starts_with(&used[..2]));
            if is_there && *module == own[0] && *room != own[1] {
                let entry = imports.entry(format!("{module}/{}", own[1])).or_default();
                entry.insert(format!("{module}/{room}"));
            }
        }
    }
    ensure_no_circle(imports);
}

#[test]
fn each_outside_crate_is_named_in_its_places_only() {
    let manifest = fs::read_to_string(root().with_file_name("Cargo.toml")).expect("Cargo.toml");
    let dependencies = manifest
        .split("[dependencies]\n")
        .nth(1)
        .and_then(|rest| rest.split("\n[").next())
        .expect("dependencies");
    let dependencies: BTreeSet<String> = dependencies
        .lines()
        .filter_map(|line| line.split_once(" = ").filter(|_| !line.starts_with('#')))
        .map(|(name, _)| name.replace('-', "_"))
        .collect();
    let listed: BTreeSet<String> = CRATES.iter().map(|(name, _)| (*name).to_string()).collect();
    let missing: Vec<_> = dependencies.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "dependencies without a place: {missing:?}"
    );
    let mut elsewhere = Vec::new();
    for source in sources() {
        for first in Names::of(&source.file).firsts {
            let Some((_, places)) = CRATES.iter().find(|(name, _)| *name == first) else {
                continue;
            };
            if !places.iter().any(|place| source.path.starts_with(place)) {
                elsewhere.push(format!("src/{} names `{first}`", source.path));
            }
        }
    }
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

/// The settings in a file and the kinds of things that they are set on: its statics of these types.
fn settings_in(file: &syn::File) -> Vec<String> {
    let statics = file.items.iter().filter_map(|item| match item {
        syn::Item::Static(item) => Some(item),
        _ => None,
    });
    let is_one = |item: &&syn::ItemStatic| match &*item.ty {
        syn::Type::Path(of) => ["Setting", "TargetKind"]
            .iter()
            .any(|name| of.path.is_ident(name)),
        _ => false,
    };
    statics
        .filter(is_one)
        .map(|item| item.ident.to_string())
        .collect()
}

#[test]
fn no_other_file_names_one_setting() {
    let sources = sources();
    let of_settings = || {
        let all = sources.iter();
        all.filter(|source| source.module() == "setting")
    };
    let files = of_settings().filter_map(|source| source.path.strip_suffix(".rs"));
    let modules = files.filter_map(|file| file.rsplit('/').next());
    let modules: BTreeSet<&str> = modules.chain(["setting"]).collect();
    let settings: BTreeSet<String> = of_settings()
        .flat_map(|source| settings_in(&source.file))
        .collect();
    for name in ["LOCATION_NUMBERS", "VIRTUAL_LINE_NUMBERS", "LOCATION"] {
        assert!(settings.contains(name), "{name} is not among {settings:?}");
    }
    let (mut elsewhere, mut needed) = (Vec::new(), BTreeSet::new());
    let others = sources
        .iter()
        .filter(|source| !matches!(source.module(), "setting" | "simulator"));
    for source in others {
        let paths = Names::of(&source.file).paths;
        // `ids::LOCATION` is the kind of an id, and no setting.
        let is_below =
            |path: &&Vec<String>| path.iter().any(|name| modules.contains(name.as_str()));
        let mut named = paths.iter().filter(is_below).flatten();
        let Some(name) = named.find(|name| settings.contains(*name)) else {
            continue;
        };
        let mut places = OF_ONE_SETTING.iter();
        match places.find(|(place, _)| source.path.starts_with(place)) {
            Some((place, _)) => drop(needed.insert(*place)),
            None => elsewhere.push(format!("src/{} names `{name}`", source.path)),
        }
    }
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
    for (place, _) in OF_ONE_SETTING {
        assert!(needed.contains(place), "src/{place} names no setting");
    }
}

#[test]
fn the_simulator_shares_no_type_with_the_client() {
    for source in sources()
        .iter()
        .filter(|source| source.module() == "simulator")
    {
        let mut used = Names::of(&source.file).modules;
        used.remove("simulator");
        assert!(used.is_empty(), "src/{} uses {used:?}", source.path);
    }
}

#[test]
fn every_module_says_what_it_is_and_has_a_name_of_its_own() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for Source { path, file } in sources() {
        let is_documented = file
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("doc"));
        assert!(is_documented, "src/{path} does not say what it is");
        let name = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let name = name.rsplit('/').next().expect("a name").to_string();
        // Two sides of one thing: the verb and what it does; what the client reads and the simulator says.
        let is_a_verb =
            |path: &str| path.starts_with("commands/") || path.starts_with("simulator/");
        if let Some(other) = seen.get(&name) {
            let is_twin = is_a_verb(&path) || is_a_verb(other);
            assert!(is_twin, "src/{path} and src/{other} have one name");
        }
        seen.insert(name, path);
    }
}
