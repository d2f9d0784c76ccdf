//! What a graph means where Codepickle wrote the pickle: the calls of docs/wire-format.md.
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::read::graph::{Graph, Value, View};

/// The module whose functions payloads call.
const RUNTIME: &str = "codepickle._runtime";

/// Python's own module under its name, and under the one that it had in Python 2.
const BUILTINS: [&str; 2] = ["builtins", "__builtin__"];

/// More arguments than any function of the wire format has.
const MOST_ARGUMENTS: usize = 16;

/// No module, attribute or file has a longer name. What is longer is not looked at, so that one long string which
/// is used for a million names costs no quadratic time.
const LONGEST_NAME: usize = 4096;

/// How often a payload may use each byte of itself as code or name, for the same reason: in another header, say. Code
/// that differs in nothing but its place counts once.
const CODE_PER_BYTE: usize = 64;
const CODE_BASE: usize = 1 << 20;

/// What a pickle refers to, and which code it carries. Built for the payloads of Codepickle; of another pickle it tells
/// the references.
///
/// ```
/// use codepickle_stream::{read, Payload, Referred};
///
/// let graph = read(b"\x80\x04ccodepickle._runtime\nm\n\x8c\x05numpy\x85R.")?;
/// let payload = Payload::of(&graph);
/// assert_eq!(payload.references[0].module, "numpy");
/// assert_eq!(payload.references[0].what, Referred::Module);
/// # Ok::<(), codepickle_stream::ReadError>(())
/// ```
#[derive(Debug, Default)]
pub struct Payload<'g> {
    /// Modules, and what is taken from modules, each once, in the order of the stream.
    pub references: Vec<Reference>,
    /// Numbers of `copyreg.add_extension`.
    pub extensions: BTreeSet<i64>,
    /// Code that travels as text.
    pub code: Vec<Carried<'g>>,
    /// Code that travels as bytecode.
    pub bytecode: Vec<Bytecode>,
    /// Whether there are more names and more code than a payload of this length can sensibly use: not all were read.
    pub excessive: bool,
}

/// A module that loading the pickle imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The module's dotted name.
    pub module: String,
    /// What of it is wanted.
    pub what: Referred,
    /// Whether loading fails without it: what only annotations name may be missing.
    pub needed: bool,
    /// Where in the stream.
    pub offset: usize,
}

/// What of a module is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Referred {
    /// The module.
    Module,
    /// What it has under a dotted name.
    Name(String),
    /// An attribute of it, which may be a submodule.
    Attribute(String),
}

/// Code that travels as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried<'g> {
    /// The text of a `def`, `lambda` or `class`, or of a whole program.
    pub text: Cow<'g, str>,
    /// Lines that mirror the scopes around it.
    pub header: Cow<'g, str>,
    /// What closes the brackets that the header opened.
    pub trailer: Cow<'g, str>,
    /// The line at which it starts in its file; where the same text stands at several places, the first of them.
    pub line: i64,
    /// Its file.
    pub path: String,
    /// Whether the text is a program that is executed as it is.
    pub program: bool,
    /// The methods that are taken from it, if it is a class.
    pub methods: Vec<Method>,
    /// The packages that its functions are of: what relative imports start from.
    pub packages: BTreeSet<String>,
    /// Names by which its functions know `importlib.import_module`, other than that one.
    pub importers: BTreeSet<String>,
    /// Where in the stream.
    pub offset: usize,
}

/// A method's place in the text of its class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Method {
    /// The line at which it starts in its file.
    pub line: i64,
    /// Its name.
    pub name: String,
}

/// Code that travels as bytecode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytecode {
    /// The Python that it is of.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Where in the stream.
    pub offset: usize,
}

impl<'g> Payload<'g> {
    /// Finds what the pickle refers to and carries.
    #[must_use]
    pub fn of(graph: &'g Graph<'_>) -> Self {
        let mut reader = Reader::new(graph);
        for value in graph.values() {
            match graph.view(value) {
                View::Global => reader.global(value),
                View::Extension(code) => {
                    reader.payload.extensions.insert(code);
                }
                View::Call {
                    function,
                    arguments,
                } => reader.call(value, function, arguments),
                _ => {}
            }
        }
        reader.finish()
    }
}

/// A function that means something to the reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// One of the runtime's, by its letter.
    Runtime(char),
    /// The runtime's `g1`.
    Names,
    Vars,
    Execute,
    Import,
    ImportModule,
}

/// What a function's globals tell.
#[derive(Clone, Default)]
struct Namespace {
    package: Option<String>,
    importers: Vec<String>,
}

struct Reader<'g, 'a> {
    graph: &'g Graph<'a>,
    payload: Payload<'g>,
    /// How many bytes of code are left.
    budget: usize,
    known: HashMap<Value, Known>,
    /// Globals by the values that name them: each text is looked at once.
    seen_names: HashMap<(Value, Value), Option<Known>>,
    seen_references: HashSet<(String, Option<String>, bool)>,
    seen_modules: HashSet<Value>,
    /// Code that was made: where it is in `payload.code`, and its own first line.
    code: HashMap<Value, (usize, i64)>,
    /// Code of the same text, header and trailer, which differs in its place at most, is analysed once.
    same: HashMap<[Option<Value>; 3], usize>,
    /// Functions: their code and their globals.
    functions: Vec<(Value, Value)>,
    /// Modules by value: their names, and the dicts that fill them.
    modules: HashMap<Value, (Value, Option<Value>)>,
    /// Namespaces of modules by value.
    spaces: HashMap<Value, Value>,
}

impl<'g, 'a> Reader<'g, 'a> {
    fn new(graph: &'g Graph<'a>) -> Self {
        Self {
            graph,
            payload: Payload::default(),
            budget: graph
                .data
                .len()
                .saturating_mul(CODE_PER_BYTE)
                .saturating_add(CODE_BASE),
            known: HashMap::new(),
            seen_names: HashMap::new(),
            seen_references: HashSet::new(),
            seen_modules: HashSet::new(),
            code: HashMap::new(),
            same: HashMap::new(),
            functions: Vec::new(),
            modules: HashMap::new(),
            spaces: HashMap::new(),
        }
    }

    fn global(&mut self, value: Value) {
        let mut inputs = self.graph.inputs(value);
        let named = inputs.next().zip(inputs.next());
        let known = match named.and_then(|named| self.seen_names.get(&named)) {
            Some(known) => *known,
            None => self.new_global(value),
        };
        if let Some(named) = named {
            self.seen_names.insert(named, known);
        }
        if let Some(known) = known {
            self.known.insert(value, known);
        }
    }

    fn new_global(&mut self, value: Value) -> Option<Known> {
        let (module, name) = self.graph.global_within(value, LONGEST_NAME)?;
        if module == RUNTIME {
            if name == "g1" {
                return Some(Known::Names);
            }
            // The other longer names (`d1`, `a1`) are of functions that name neither modules nor code.
            let mut letters = name.chars();
            return letters
                .next()
                .filter(|_| letters.next().is_none())
                .map(Known::Runtime);
        }
        let known = match &*name {
            "exec" | "eval" if BUILTINS.contains(&&*module) => Some(Known::Execute),
            "vars" if BUILTINS.contains(&&*module) => Some(Known::Vars),
            "__import__" if BUILTINS.contains(&&*module) => Some(Known::Import),
            "import_module" if module == "importlib" => Some(Known::ImportModule),
            // How others write a module.
            "subimport" if module == "cloudpickle.cloudpickle" => Some(Known::Import),
            "_import_module" if module == "dill._dill" => Some(Known::Import),
            _ => None,
        };
        self.refer(&module, Referred::Name(name.into_owned()), value);
        known
    }

    fn refer(&mut self, module: &str, what: Referred, at: Value) {
        self.refer_to(module, what, at, true);
    }

    fn refer_to(&mut self, module: &str, what: Referred, at: Value, needed: bool) {
        let name = match &what {
            Referred::Module => None,
            Referred::Name(name) | Referred::Attribute(name) => Some(name.clone()),
        };
        let length = module.len() + name.as_ref().map_or(0, String::len);
        let key = (module.to_owned(), name, needed);
        if self.seen_references.insert(key) && self.afford(length) {
            self.payload.references.push(Reference {
                module: module.to_owned(),
                what,
                needed,
                offset: self.graph.offset(at),
            });
        }
    }

    /// A name.
    fn text(&self, value: Option<&Value>) -> Option<String> {
        self.graph.name(*value?, LONGEST_NAME).map(Cow::into_owned)
    }

    /// A piece of code; `None` where there is none, or too much.
    fn code(&mut self, value: Option<&Value>) -> Option<Cow<'g, str>> {
        let value = *value?;
        if self.payload.excessive || !self.afford(self.graph.stretch(value)) {
            return None;
        }
        self.graph.text(value)
    }

    /// Takes what `bytes` of names or code cost from the budget.
    fn afford(&mut self, bytes: usize) -> bool {
        let left = self.budget.checked_sub(bytes);
        self.payload.excessive |= left.is_none();
        self.budget = left.unwrap_or(0);
        left.is_some()
    }

    fn number(&self, value: Option<&Value>) -> Option<i64> {
        match self.graph.view(*value?) {
            View::Int(number) => Some(number),
            _ => None,
        }
    }

    fn call(&mut self, value: Value, function: Value, arguments: Value) {
        let Some(known) = self.known.get(&function).copied() else {
            return;
        };
        let graph = self.graph;
        let arguments: Vec<Value> = graph.items(arguments).take(MOST_ARGUMENTS).collect();
        let first = arguments.first();
        match known {
            Known::Runtime('m') | Known::Import | Known::ImportModule => self.module(first),
            Known::Runtime('u') => self.lazy(value, &arguments),
            Known::Runtime('g') => {
                if let (Some(module), Some(name)) = (self.text(first), self.text(arguments.get(1)))
                {
                    self.refer(&module, Referred::Name(name), value);
                }
            }
            Known::Runtime('h') => self.hint(value, &arguments),
            Known::Names => self.names(value, &arguments),
            Known::Runtime('c') => self.snippet(value, &arguments),
            Known::Runtime('d') => self.method(value, &arguments),
            Known::Runtime('b') => {
                let bytecode = Bytecode {
                    version: self.text(arguments.get(1)).unwrap_or_default(),
                    name: self.text(arguments.get(2)).unwrap_or_default(),
                    offset: graph.offset(value),
                };
                self.payload.bytecode.push(bytecode);
            }
            Known::Runtime('f') => {
                if let Some(code) = first {
                    self.function_code(*code);
                }
                match arguments[..] {
                    [code] => {
                        if let Some(made) = self.code.get(&code).copied() {
                            self.code.insert(value, made);
                        }
                    }
                    [code, globals, ..] => self.functions.push((code, globals)),
                    [] => {}
                }
            }
            Known::Runtime('v') => {
                if let Some(name) = first {
                    self.modules.insert(value, (*name, None));
                }
            }
            Known::Runtime('a') => {
                if let [target, state, ..] = arguments[..]
                    && let Some((_, dict)) = self.modules.get_mut(&target)
                {
                    *dict = Some(state);
                }
            }
            Known::Vars => {
                if let Some(module) = first {
                    self.spaces.insert(value, *module);
                }
            }
            Known::Execute => self.program(value, &arguments),
            Known::Runtime(_) => {}
        }
    }

    fn module(&mut self, name: Option<&Value>) {
        if let Some(name) = name
            && self.seen_modules.insert(*name)
            && let Some(text) = self.text(Some(name))
        {
            self.refer(&text, Referred::Module, *name);
        }
    }

    /// A lazy import: `import a.b` binds `a`, `from a import b` binds what is perhaps a module.
    fn lazy(&mut self, value: Value, arguments: &[Value]) {
        let Some(name) = self.text(arguments.first()) else {
            return;
        };
        let binds = self.text(arguments.get(1));
        match name.rsplit_once('.') {
            Some((module, attribute)) if binds.as_deref() != name.split('.').next() => {
                self.refer(module, Referred::Attribute(attribute.to_owned()), value);
            }
            _ => self.refer(&name, Referred::Module, value),
        }
    }

    /// A type hint: a class by its name, if it is there.
    fn hint(&mut self, value: Value, arguments: &[Value]) {
        if let [kind, module, name, ..] = arguments
            && self.text(Some(kind)).as_deref() == Some("c")
            && let (Some(module), Some(name)) = (self.text(Some(module)), self.text(Some(name)))
        {
            self.refer_to(&module, Referred::Name(name), value, false);
        }
    }

    /// What only the text of annotations names: a dict of pairs of a module and a name in it, if it is there.
    fn names(&mut self, value: Value, arguments: &[Value]) {
        let graph = self.graph;
        let Some(names) = arguments.get(1) else {
            return;
        };
        for (_, place) in graph.pairs(*names) {
            let mut place = graph.items(place);
            let Some(module) = self.text(place.next().as_ref()) else {
                continue;
            };
            let name = self.text(place.next().as_ref());
            let name = name.filter(|name| !name.is_empty());
            let what = name.map_or(Referred::Module, Referred::Name);
            self.refer_to(&module, what, value, false);
        }
    }

    fn snippet(&mut self, value: Value, arguments: &[Value]) {
        let line = self.number(arguments.get(1)).unwrap_or(1);
        let key = [0, 3, 4].map(|at: usize| arguments.get(at).copied());
        if let Some(index) = self.same.get(&key) {
            self.code.insert(value, (*index, line));
            return;
        }
        let Some(text) = self.code(arguments.first()) else {
            return;
        };
        let carried = Carried {
            text,
            header: self.code(arguments.get(3)).unwrap_or_default(),
            trailer: self.code(arguments.get(4)).unwrap_or_default(),
            line,
            path: self.text(arguments.get(2)).unwrap_or_default(),
            program: false,
            methods: Vec::new(),
            packages: BTreeSet::new(),
            importers: BTreeSet::new(),
            offset: self.graph.offset(value),
        };
        let index = self.payload.code.len();
        self.payload.code.push(carried);
        self.code.insert(value, (index, line));
        self.same.insert(key, index);
    }

    /// What `f` takes for code: a code object, or the arguments of the call that would make it.
    fn function_code(&mut self, code: Value) {
        if self.code.contains_key(&code) || self.graph.view(code) != View::Tuple {
            return;
        }
        let arguments: Vec<Value> = self.graph.items(code).take(MOST_ARGUMENTS).collect();
        match arguments.first() {
            Some(unit) if self.code.contains_key(unit) => self.method(code, &arguments),
            _ => self.snippet(code, &arguments),
        }
    }

    fn method(&mut self, value: Value, arguments: &[Value]) {
        let unit = arguments.first().and_then(|unit| self.code.get(unit));
        let name = self.text(arguments.get(1));
        if let (Some((index, first)), Some(name)) = (unit.copied(), name)
            && let Some(carried) = self.payload.code.get_mut(index)
        {
            let line = arguments.get(2).map(|line| self.graph.view(*line));
            if let Some(View::Int(line)) = line
                && let Some(line) = line.checked_sub(first)
                && let Some(line) = line.checked_add(carried.line)
            {
                carried.methods.push(Method { line, name });
            }
            self.code.insert(value, (index, first));
        }
    }

    /// `exec` and `eval` of a text. The head of a self-contained payload is none: it is the runtime.
    fn program(&mut self, value: Value, arguments: &[Value]) {
        let head = arguments.get(1).is_some_and(|space| {
            let keys: Vec<_> = self.graph.pairs(*space).take(3).collect();
            let is = |at: usize, name| {
                let key: Option<&(Value, Value)> = keys.get(at);
                self.text(key.map(|(key, _)| key)).as_deref() == Some(name)
            };
            keys.len() == 2 && is(0, "z") && is(1, "wire")
        });
        if head {
            return;
        }
        if let Some(text) = self.code(arguments.first()) {
            self.payload.code.push(Carried {
                text,
                header: Cow::default(),
                trailer: Cow::default(),
                line: 1,
                path: String::new(),
                program: true,
                methods: Vec::new(),
                packages: BTreeSet::new(),
                importers: BTreeSet::new(),
                offset: self.graph.offset(value),
            });
        }
    }

    /// Namespaces are filled after the functions that use them were made: what they tell is looked up last.
    fn finish(mut self) -> Payload<'g> {
        let mut namespaces: HashMap<Value, Namespace> = HashMap::new();
        let functions: HashSet<(Value, Value)> =
            std::mem::take(&mut self.functions).into_iter().collect();
        for (code, globals) in functions {
            let Some((carried, _)) = self.code.get(&code).copied() else {
                continue;
            };
            let namespace = namespaces
                .entry(globals)
                .or_insert_with(|| self.namespace(globals));
            if let Some(carried) = self.payload.code.get_mut(carried) {
                carried.packages.extend(namespace.package.clone());
                carried.importers.extend(namespace.importers.clone());
            }
        }
        self.payload
    }

    fn namespace(&self, globals: Value) -> Namespace {
        let mut found = Namespace::default();
        let (mut name, mut package, mut has_path) = (None, None, false);
        let module = self.spaces.get(&globals);
        let module = module.and_then(|module| self.modules.get(module)).copied();
        if let Some((module_name, _)) = module {
            name = self.text(Some(&module_name));
        }
        let state = module.and_then(|(_, dict)| dict);
        for (key, value) in [Some(globals), state]
            .into_iter()
            .flatten()
            .flat_map(|dict| self.graph.pairs(dict))
        {
            let Some(key) = self.text(Some(&key)) else {
                continue;
            };
            match &*key {
                "__name__" => name = self.text(Some(&value)),
                "__package__" => package = self.text(Some(&value)),
                "__path__" => has_path = true,
                _ if self.known.get(&value) == Some(&Known::ImportModule) => {
                    found.importers.push(key);
                }
                _ => {}
            }
        }
        // As `__import__` does it: `__package__`, else what follows from `__name__`.
        found.package = package.or_else(|| {
            let name = name?;
            if has_path {
                return Some(name);
            }
            name.rsplit_once('.').map(|(parent, _)| parent.to_owned())
        });
        found
    }
}
