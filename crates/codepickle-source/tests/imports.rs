//! Which imports of a text count, and when they run.

use codepickle_source::{Code, Import, Part, When, imports};

/// The imports of the function in `text`, one word each: `?` for a branch, `<` for older versions, `~` for optional, `#` for type
/// checkers.
fn found(text: &str) -> String {
    shown(&Code::of(text))
}

fn shown(code: &Code<'_>) -> String {
    let found = imports(code).unwrap();
    let mut words: Vec<String> = found.imports.iter().map(word).collect();
    words.extend(found.computed.iter().map(|line| format!("computed:{line}")));
    words.join(" ")
}

fn word(import: &Import) -> String {
    let mark = match import.when {
        When::Always => "",
        When::Branch => "?",
        When::Backport => "<",
        When::Optional => "~",
        When::TypeChecking => "#",
    };
    let dots = ".".repeat(import.level as usize);
    let names = if import.names.is_empty() {
        String::new()
    } else {
        format!("({})", import.names.join(","))
    };
    let anchor = import.anchor.as_deref().unwrap_or_default();
    format!("{mark}{anchor}{dots}{}{names}", import.module)
}

/// `body`, indented, in a function.
fn in_function(body: &str) -> String {
    let lines: Vec<_> = body.lines().map(|line| format!("    {line}\n")).collect();
    found(&format!("def f():\n{}", lines.concat()))
}

#[test]
fn statements_in_all_forms() {
    assert_eq!(in_function("import a, b.c as d"), "a b.c");
    assert_eq!(in_function("from a.b import c as d, e"), "a.b(c,e)");
    assert_eq!(in_function("from . import a"), ".(a)");
    assert_eq!(in_function("from ...a import b"), "...a(b)");
    assert_eq!(
        in_function(
            "def g():\n  async def h():\n    import a\nclass C:\n  import b\n  def m(self):\n    import c"
        ),
        "a b c"
    );
    assert_eq!(
        in_function(
            "for x in y:\n  import a\nelse:\n  import b\nwhile 1:\n  import c\nwith x:\n  import d"
        ),
        "a b c d"
    );
}

#[test]
fn calls_with_a_literal() {
    assert_eq!(in_function("importlib.import_module('a.b')"), "a.b");
    assert_eq!(in_function("x = import_module(name='a')"), "a");
    assert_eq!(
        in_function("import importlib as il\nil.import_module('a')"),
        "importlib a"
    );
    assert_eq!(
        in_function("from importlib import import_module as load\nload('a')"),
        "importlib(import_module) a"
    );
    assert_eq!(
        in_function("import_module('.a', 'p.q')\nimport_module('..a', package='p')"),
        "p.q.a p..a"
    );
    assert_eq!(in_function("import_module('.a', __package__)"), ".a");
    assert_eq!(
        in_function("__import__('a')\nbuiltins.__import__('b')"),
        "a b"
    );
    assert_eq!(in_function("__import__('a', fromlist=['b', '*'])"), "a(b)");
    assert_eq!(in_function("__import__('a', {}, {}, ('b',), 2)"), "..a(b)");
    assert_eq!(in_function("f(lambda: [__import__('a') for _ in x])"), "a");
    assert_eq!(
        in_function("self.import_module('a')\nfind_spec('b')\nx.y.import_module('c')"),
        ""
    );
}

#[test]
fn computed_names_are_told() {
    assert_eq!(
        in_function("x = 1\nimportlib.import_module(x)"),
        "computed:3"
    );
    assert_eq!(
        in_function("__import__('a' + b)\nimport_module()"),
        "computed:2 computed:3"
    );
    assert_eq!(in_function("import_module('.a', package)"), "computed:2");
}

#[test]
fn importers_under_another_name() {
    let code = Code {
        importers: &["load"],
        ..Code::of("def f():\n  load('a')\n  other('b')\n")
    };
    assert_eq!(shown(&code), "a");
}

#[test]
fn branches() {
    assert_eq!(
        in_function("if x:\n  import a\nelif y:\n  import b\nelse:\n  import c\nimport d"),
        "?a ?b ?c d"
    );
    assert_eq!(in_function("match x:\n  case 1:\n    import a"), "?a");
    assert_eq!(
        in_function("__import__('a') if x else __import__('b')"),
        "?a ?b"
    );
    assert_eq!(in_function("__import__('a') or __import__('b')"), "a ?b");
    assert_eq!(
        in_function("if __import__('a'):\n  pass\nelif __import__('b'):\n  pass"),
        "a ?b"
    );
    assert_eq!(in_function("if x:\n  def g():\n    import a"), "?a");
    assert_eq!(
        in_function("if True:\n  import a\nelse:\n  import b"),
        "a #b"
    );
    assert_eq!(in_function("if 1:\n  import a\nif 0:\n  import b"), "a #b");
}

#[test]
fn what_follows_a_return_is_a_branch() {
    assert_eq!(
        in_function(
            "import a\nif x:\n  return 1\nimport b\nfor y in x:\n  import c\ndef g():\n  import d\nreturn 2"
        ),
        "a ?b ?c ?d"
    );
    assert_eq!(
        in_function(
            "for y in x:\n  try:\n    return __import__('a')\n  finally:\n    pass\nimport b"
        ),
        "a ?b"
    );
    // An error is no branch, and a function's `return` is its own.
    assert_eq!(
        in_function("if x:\n  raise ValueError\nimport a\ndef g():\n  return 1\nimport b"),
        "a b"
    );
}

#[test]
fn lines_are_those_of_the_text() {
    let code = Code {
        header: "class A:\n def outer(n):\n",
        ..Code::of("  def f():\n    import a\n    import_module('b')\n    import_module(c)\n")
    };
    let found = imports(&code).unwrap();
    let lines: Vec<_> = found.imports.iter().map(|import| import.line).collect();
    assert_eq!((lines, found.computed), (vec![2, 3], vec![4]));
}

#[test]
fn type_checking() {
    for test in [
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
        "TYPE_CHECKING and x",
        "False",
    ] {
        assert_eq!(
            in_function(&format!("if {test}:\n  import a\nelse:\n  import b")),
            "#a b",
            "{test}"
        );
    }
    assert_eq!(
        in_function("if not TYPE_CHECKING:\n  import a\nelse:\n  import b"),
        "a #b"
    );
    assert_eq!(
        in_function("if x:\n  import a\nelif TYPE_CHECKING:\n  import b"),
        "?a #b"
    );
}

#[test]
fn failing_imports() {
    assert_eq!(
        in_function(
            "try:\n  import a\nexcept ImportError:\n  import b\nelse:\n  import c\nfinally:\n  import d"
        ),
        "~a ~b ~c d"
    );
    for kind in [
        "ModuleNotFoundError",
        "(KeyError, ImportError)",
        "builtins.ImportError as e",
        "Exception",
        "",
    ] {
        assert_eq!(
            in_function(&format!("try:\n  import a\nexcept {kind}:\n  a = None")),
            "~a",
            "{kind}"
        );
    }
    assert_eq!(
        in_function("try:\n  import a\nexcept ValueError:\n  import b"),
        "a ?b"
    );
    // What catches everything is about the work, not the import, where there is work.
    assert_eq!(
        in_function("try:\n  import a\n  a.work()\nexcept Exception:\n  pass"),
        "a"
    );
    // Another error instead of the import's: the module is needed.
    assert_eq!(
        in_function(
            "try:\n  import a\nexcept ImportError as e:\n  raise RuntimeError('install a') from e"
        ),
        "a"
    );
    assert_eq!(
        in_function("try:\n  import a\nexcept KeyError:\n  raise\nexcept ImportError:\n  import b"),
        "~a ~b"
    );
    assert_eq!(in_function("with suppress(ImportError):\n  import a"), "~a");
    assert_eq!(
        in_function("with contextlib.suppress(OSError):\n  import a"),
        "a"
    );
    assert_eq!(
        in_function("if x:\n  try:\n    import a\n  except ImportError:\n    pass"),
        "~a"
    );
}

#[test]
fn except_star_needs_groups_of_older_versions() {
    let text = "try:\n  import a\nexcept* ValueError:\n  import b";
    assert_eq!(in_function(text), "<exceptiongroup a ?b");
    let text = format!("import exceptiongroup\n{text}");
    assert_eq!(in_function(&text), "exceptiongroup <exceptiongroup a ?b");
}

#[test]
fn only_what_runs_counts() {
    assert_eq!(
        found(
            "@__import__('a').deco\ndef f(x=__import__('b'), y: __import__('c') = 0) -> __import__('d'):\n    y: __import__('e') = __import__('g')\n"
        ),
        "g"
    );
    assert_eq!(
        found("class C:\n  import a\n  def f(self):\n    import b\n"),
        ""
    );
    let lambda = Code {
        header: "def f():\n ([(\n",
        trailer: ")for[]in()])",
        ..Code::of("lambda x=__import__('a'): __import__('b')")
    };
    assert_eq!(shown(&lambda), "b");
    let method = Code {
        header: "class A:\n def outer(n):\n",
        ..Code::of("    @deco(lambda: __import__('a'))\n    def f():\n        import b\n")
    };
    assert_eq!(shown(&method), "b");
    let program = Code {
        part: Part::Program,
        ..Code::of("import a\nimport_module(x)\n")
    };
    assert_eq!(shown(&program), "a computed:2");
}

#[test]
fn methods_of_a_class() {
    let code = |places| Code {
        header: "def make():\n",
        part: Part::Functions(places),
        ..Code::of(
            " class C:\n  import a\n  @deco\n  def f(self):\n   import b\n  def f(self):\n   def g():\n    import c\n  key = lambda self: __import__('d')\n",
        )
    };
    assert_eq!(shown(&code(&[])), "");
    assert_eq!(shown(&code(&[(3, "f")])), "b");
    assert_eq!(shown(&code(&[(6, "f")])), "c");
    assert_eq!(
        shown(&code(&[(3, "f"), (6, "f"), (9, "<lambda>")])),
        "b c d"
    );
    assert_eq!(shown(&code(&[(4, "f"), (6, "h")])), "");
}

#[test]
fn relative_names_are_resolved() {
    let resolve = |text: &str, package| {
        imports(&Code::of(&format!("def f():\n {text}\n")))
            .unwrap()
            .imports[0]
            .resolve(package)
    };
    assert_eq!(resolve("import a", None).as_deref(), Some("a"));
    assert_eq!(
        resolve("from . import a", Some("p.q")).as_deref(),
        Some("p.q")
    );
    assert_eq!(
        resolve("from .a import b", Some("p.q")).as_deref(),
        Some("p.q.a")
    );
    assert_eq!(
        resolve("from ..a import b", Some("p.q")).as_deref(),
        Some("p.a")
    );
    assert_eq!(resolve("from ...a import b", Some("p.q")), None);
    assert_eq!(resolve("from .a import b", None), None);
    assert_eq!(resolve("from .a import b", Some("")), None);
    assert_eq!(
        resolve("import_module('.a', 'x')", Some("p")).as_deref(),
        Some("x.a")
    );
}

#[test]
fn what_is_no_python_is_an_error() {
    assert!(imports(&Code::of("def f(:")).unwrap_err().is_syntax());
    let deep = format!("def f():\n  return {}1\n", "-".repeat(100_000));
    assert!(!imports(&Code::of(&deep)).unwrap_err().is_syntax());
}

#[test]
fn deep_nesting_costs_no_stack() {
    let deep = format!(
        "def f():\n  return {}__import__('a')\n",
        "x or ".repeat(9_000)
    );
    assert_eq!(found(&deep), "?a");
    let deep = format!(
        "def f():\n  return {}__import__('a'){}\n",
        "g(".repeat(9_000),
        ")".repeat(9_000)
    );
    assert_eq!(found(&deep), "a");
}

#[test]
fn no_input_panics() {
    let text = "    @x\n    def f(self, a=1):\n        try:\n            from .b import c as d\n        except (ImportError, x):\n            import_module('.e', package='f')\n        if TYPE_CHECKING: import g\n        return lambda: [__import__('h', level=3) for i in j]\n";
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let pieces = [
        "(", ")", ":", "\n", "    ", "import ", "from ", ".", "é", "'", "lambda: ", "if ", "\r",
        "\\",
    ];
    for round in 0..3_000 {
        let mut at = random(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let changed = format!(
            "{}{}{}",
            &text[..at],
            pieces[random(pieces.len())],
            &text[at..]
        );
        let places = [
            (u32::try_from(random(9)).unwrap(), "f"),
            (u32::MAX, "<lambda>"),
        ];
        for part in [Part::Function, Part::Functions(&places), Part::Program] {
            let code = Code {
                header: if round % 2 == 0 {
                    "class C:\n"
                } else {
                    "if 1:\n ([("
                },
                trailer: if round % 3 == 0 { ")])" } else { "" },
                part,
                ..Code::of(&changed)
            };
            let _ = imports(&code);
        }
    }
}
