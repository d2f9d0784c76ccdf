//! Texts in newer grammars against what was reviewed, and what holds for every lowered text.
//!
//! A fixture is a Python file in `lowering/`. To add a case, add to one or add a file and run with `UPDATE_SNAPSHOTS=1`,
//! then read the diff. Whether a lowered text does what the original does is the matter of `tests/lowering/run.py`.

mod reviewed;

use std::fmt::Write;

use codepickle_source::lower::{ConstructKind, LowerError, constructs, lower};
use codepickle_source::{Older, Parts};
use reviewed::fixtures;

#[test]
fn texts_are_lowered_as_reviewed() {
    reviewed::compare(&fixtures("tests/lowering"), describe);
}

fn describe(text: &str) -> String {
    let mut out = String::new();
    for construct in constructs(text).unwrap() {
        let _ = writeln!(out, "{construct}");
    }
    let mut last = String::new();
    for minor in 7..=14 {
        let lowered = lowered(text, minor);
        if lowered != last {
            let _ = write!(out, "\n== 3.{minor}\n{lowered}");
        }
        last = lowered;
    }
    out
}

fn lowered(text: &str, minor: u8) -> String {
    let lowered = lower(text, 0..text.len(), (3, minor)).unwrap();
    lowered.map_or(text.to_owned(), |lowered| lowered.text)
}

#[test]
fn a_lowered_text_stays_as_it_is_and_keeps_its_lines() {
    for path in fixtures("tests/lowering") {
        let text = std::fs::read_to_string(&path).unwrap();
        for minor in 7..=14 {
            let Some(once) = lower(&text, 0..text.len(), (3, minor)).unwrap() else {
                continue;
            };
            let lines = once.text.lines().count() - once.inserted.len();
            assert_eq!(lines, text.lines().count());
            assert!(once.inserted.is_sorted_by(|one, next| one < next));
            assert_eq!(lower(&once.text, 0..once.text.len(), (3, minor)), Ok(None));
        }
    }
}

#[test]
fn nothing_outside_of_the_range_is_touched_or_told() {
    let text = "def f(a, /): pass\ndef g(): return (x := 1)\ndef h(): type X = 1\n";
    let range = 18..42;
    let lowered = lower(text, range, (3, 7)).unwrap().unwrap();
    assert_eq!(
        lowered.text,
        "def g(): x: 0; return (_ck.let(lambda: x, 1))"
    );
}

#[test]
fn lines_are_inserted_up_to_the_end_of_the_range() {
    let text = "class C:\n def f():\n  try: x\n  except* A: y  # comment\n z = 1\n";
    let lowered = lower(text, 10..42, (3, 8)).unwrap().unwrap();
    assert_eq!(
        lowered.text,
        "def f():
  try: x
  except BaseException as _ck_1:
   _ck_1 = _ck.except_star(_ck_1)
   with _ck_1.clause(A):
    try: raise _ck_1.part
    except _ck_1.caught: y
   if _ck_1.passes: raise
   with _ck_1: raise _ck_1.left"
    );
    assert_eq!(lowered.inserted, [3, 4, 6, 7, 8, 9]);
    assert_eq!(lowered.helper.as_deref(), Some("_ck"));
}

#[test]
fn line_ends_in_strings_are_those_that_python_sees() {
    let text = "x = f\"\"\"a\r\n{y!r }\r\n\"\"\"\r\nz = f'{\r\n  x=}'\r\n";
    let lowered = lower(text, 0..text.len(), (3, 7)).unwrap().unwrap();
    let pieces = "\"a\\n\", _ck.format(\ny, \"r\"), \"\\n\"";
    assert!(lowered.text.contains(pieces), "{}", lowered.text);
    assert!(lowered.text.contains("\"\\n  x=\""), "{}", lowered.text);
    // Which is which is not told where both are.
    let both = "x = f\"\"\"\\r\r\n{y!r }\"\"\"\r\n";
    assert!(lower(both, 0..both.len(), (3, 7)).is_err());
}

#[test]
fn a_plus_sign_in_a_pattern_is_known_where_the_parser_does_not_know_it() {
    let text = "match x:\n case {+1: +2, 'k': [+3, y]} if y == +4: pass\ncase = [+1]\n";
    let found = constructs(text).unwrap();
    let plus = found
        .iter()
        .filter(|found| found.kind == ConstructKind::PlusInPattern);
    assert_eq!(plus.count(), 1, "by kind and line");
    let lowered = lower(text, 0..text.len(), (3, 14)).unwrap().unwrap();
    assert_eq!(
        lowered.text,
        "match x:\n case { 1:  2, 'k': [ 3, y]} if y == +4: pass\ncase = [+1]\n"
    );
    for wrong in ["+x", "+'a'", "- +1", "1 + +2j"] {
        let text = format!("match x:\n case {wrong}: pass\n");
        assert!(constructs(&text).is_err(), "{text}");
    }
    assert!(constructs("case = [+1]\n+\n").is_err());
}

#[test]
fn what_has_no_lowering_is_an_error_that_names_it() {
    let cases = [
        (
            "if a:\n \\\n try: pass\n except* A: pass\n \\\n except* B: pass\n",
            ConstructKind::ExceptStar,
            3,
        ),
        // One global for the functions of every turn.
        (
            "for x in y:\n def f[T](): return T\n",
            ConstructKind::TypeParams,
            2,
        ),
        ("while x: type X[T] = T\n", ConstructKind::TypeAlias, 1),
        (
            "def f():\n for x in y:\n  class C[T]:\n   g = (T for a in x)\n",
            ConstructKind::TypeParams,
            4,
        ),
        ("x = t'{y}'\n", ConstructKind::TemplateString, 1),
        ("lazy \\\nimport x\n", ConstructKind::LazyImport, 1),
        ("lambda: (x := locals())\n", ConstructKind::Walrus, 1),
        ("lambda a, /: super().a\n", ConstructKind::PositionalOnly, 1),
        ("def f(a, /): match = a\n", ConstructKind::PositionalOnly, 1),
        (
            "if a:\n \\\n for x in y:\n  try: pass\n  finally: continue\n",
            ConstructKind::ContinueInFinally,
            3,
        ),
    ];
    for (text, kind, line) in cases {
        let Err(LowerError::Construct(construct, (3, 7))) = lower(text, 0..text.len(), (3, 7))
        else {
            panic!("{text}");
        };
        assert_eq!((construct.kind, construct.line), (kind, line), "{text}");
    }
}

/// The form of a snippet for 3.7: its lines that differ, its type parameters and its header.
fn form(header: &str, text: &str) -> Result<(String, Vec<String>, Option<String>), String> {
    let parts = Parts {
        text,
        header,
        trailer: "",
        line: 1 + u32::try_from(header.lines().count()).unwrap(),
        column: 0,
        decorators: 0,
        has_text_annotations: false,
    };
    let older = Older::of(&parts, (3, 13), (3, 7)).unwrap().unwrap();
    assert_eq!(older.needs, (3, 12));
    let Some(form) = older.forms.into_iter().next() else {
        return Err(older.refused.unwrap().to_string());
    };
    let lines = form.changes.into_iter().map(|(_, line)| line);
    Ok((lines.collect(), form.type_params, form.header))
}

#[test]
fn snippets_leave_their_type_parameters_to_closures() {
    let cases = [
        (
            "",
            "def f[T: 0](x: T) -> T:\n return T\n",
            "def f(x: T) -> T:\n",
            &["T"][..],
            None,
        ),
        (
            "",
            "def f[T](x: T): return x\n",
            "def f(x: T): return x\n",
            &[],
            None,
        ),
        (
            "",
            "class C[\n T,\n](B[T]):\n type X[V] = (\n  V)\n def m[__U](self): return __U, T\n",
            "class C(\n\nB[T]):\n X = (0\n)\n def m(self): return __U, T\n",
            &["T", "_C__U"],
            None,
        ),
        (
            "",
            "class C[\n T]: pass\n",
            "class C(\n): pass\n",
            &[],
            None,
        ),
        (
            "",
            "def f[T]():\n class C[U]: x = T, U\n return C\n",
            "def f():\n class C(_ck.base(_ck.typevar(lambda: U, \"U\"))): \
             __type_params__ = _ck.type_params(U); x = T, U\n U: 0; return C\n",
            &["T"],
            None,
        ),
        // What is around a snippet.
        (
            "class C[T,**P]:\n",
            " def m(self): return T\n",
            "",
            &["T"],
            Some("class C:\n"),
        ),
        (
            "def f[T,U](a):\n class C[V]:\n",
            "  def m[T](self): return T, U, a\n",
            "  def m(self): return T, U, a\n",
            &["T", "U"],
            Some("def f(a):\n class C:\n"),
        ),
    ];
    for (header, text, expected, params, new) in cases {
        let params: Vec<String> = params.iter().map(ToString::to_string).collect();
        let expected = (expected.to_owned(), params, new.map(str::to_owned));
        assert_eq!(form(header, text), Ok(expected));
    }
}

#[test]
fn what_a_decorated_snippet_runs_makes_its_type_parameters() {
    let text = "@d\ndef f():\n def g[T](): return T\n return g\n";
    let parts = Parts {
        text,
        header: "",
        trailer: "",
        line: 1,
        column: 0,
        decorators: 3,
        has_text_annotations: false,
    };
    let older = Older::of(&parts, (3, 13), (3, 7)).unwrap().unwrap();
    assert_eq!(older.forms[0].type_params, [""; 0]);
    let changes: Vec<&str> = older.forms[0]
        .changes
        .iter()
        .map(|(_, line)| line.as_str())
        .collect();
    assert_eq!(
        changes,
        [
            " @_ck.generic(_ck.typevar(lambda: T, \"T\"))\n",
            " def g(): return T\n",
            " T: 0; return g\n"
        ]
    );
}

#[test]
fn snippets_whose_type_parameters_cannot_be_told_apart_are_refused() {
    // One method has a variable of that name in its closure, the other a global.
    let text = "class C:\n def a[T](self): return T\n def b(self): return T\n";
    assert_eq!(
        form("", text),
        Err("3.12: type parameters, line 2".to_owned())
    );
}

#[test]
fn what_3_7_has_is_no_construct() {
    let cases = [
        "with (a): pass\n",
        "with (a) as b, (c): pass\n",
        "with (a, b) as c: pass\n",
        "return_ = (1, *x)\n",
        "x[1, 2], x[1:2], x[(1, *y)]\n",
        "@a.b\n@a.b(1)\ndef f(): pass\n",
        "f\"{x['k']!r:>{w}}\" f'{1:\\n}'\n",
        "for x in y:\n try: pass\n finally:\n  for z in x: continue\n",
        "async def f():\n return [x for x in [y async for y in z]]\n",
        "{x: f(x) for x in y}, {f(x): x for x in y}\n",
        "match = case = type = _ = 1\nmatch[case], type(x)\n",
    ];
    for text in cases {
        assert_eq!(constructs(text), Ok(Vec::new()), "{text}");
    }
}

#[test]
fn no_prefix_of_a_text_makes_it_panic() {
    for path in fixtures("tests/lowering") {
        let text = std::fs::read_to_string(&path).unwrap();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let _ = lower(&text[..end], 0..end, (3, 7));
            let _ = lower(&text[end..], 3..end, (3, 7));
        }
    }
}

/// Statements of two clauses, each in the second of the one before.
fn nested(depth: usize, first: &str, second: &str) -> String {
    let levels = (0..depth).map(|level| {
        let indentation = "\t".repeat(level);
        format!("{indentation}{first}{indentation}{second}")
    });
    levels.collect::<String>() + &"\t".repeat(depth) + "pass\n"
}

#[test]
fn deep_nesting_is_an_error_or_works() {
    for depth in [10, 90, 1_000, 6_000, 30_000] {
        let around = |open: &str, inside: &str, close: &str| {
            format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
        };
        let texts = [
            around("(x := ", "1", ")") + "\n",
            format!("match x:\n case {}: pass\n", around("[", "y", "]")),
            format!("match x:\n case {}: pass\n", around("(1|[", "2", "])")),
            format!("x = {}\n", around("lambda: (y := ", "1", ")")),
            format!(
                "def f(a, /):\n return {}\n",
                around("{a(): b() for b in ", "1", "}")
            ),
            format!("x = {}\n", around("a[*", "1", "]")),
            nested(depth.min(100), "try: pass\n", "except* A:\n"),
            "for x in y:\n".to_owned() + &nested(depth.min(100), "  try: pass\n", "  finally:\n"),
            format!(
                "async def f(): {}\n",
                around("[", "[x async for x in y]", " for y in z]")
            ),
        ];
        for text in texts {
            let _ = lower(&text, 0..text.len(), (3, 7));
        }
    }
    for depth in [1, 3, 6, 40, 150] {
        let text = "f\"{".repeat(depth) + "1" + &"}\"".repeat(depth) + "\n";
        let lowered = lower(&text, 0..text.len(), (3, 7)).unwrap();
        assert_eq!(lowered.is_some(), depth > 1);
    }
}

#[test]
fn a_name_that_ruff_takes_for_a_keyword_can_be_bound() {
    let cases = [
        "def f():\n    x = (match := 1)\n",
        "def f(x, /):\n    x = [case := 2, match := 1]\n",
        "def f(x):\n    match x:\n        case [case, match]:\n            x = 1\n",
    ];
    for text in cases {
        let lowered = lower(text, 0..text.len(), (3, 7));
        assert!(matches!(lowered, Ok(Some(_))), "{text}{lowered:?}");
    }
}
