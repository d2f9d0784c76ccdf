"""Text, patterns, parsers, mail, the web."""

import argparse
import ast
import codecs
import configparser
import csv
import difflib
import email
import email.headerregistry
import email.message
import email.policy
import email.utils
import gettext
import html
import http
import http.client
import http.cookiejar
import http.cookies
import inspect
import io
import json
import keyword
import logging
import optparse
import plistlib
import re
import shlex
import string
import textwrap
import token
import tokenize
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from xml.dom import minidom

from table import entry, refused


def same_message(message):
    return message["Subject"] == "Hé" and message.get_content() == "text\n" and message.policy.max_line_length == 78


def mail():
    message = email.message.EmailMessage(email.policy.SMTP)
    message["Subject"] = "Hé"
    message["To"] = "A <a@example.org>"
    message.set_content("text\n")
    return message


def old_mail():
    return email.message_from_string("Subject: x\nTo: a@example.org\n\nbody")


entry("pattern", lambda: re.compile(r"(?P<a>\w+)", re.I), lambda p: p.match("Ab")["a"] == "Ab" and p.flags & re.I)
entry("pattern_bytes", lambda: re.compile(b"a+", re.S))
entry("pattern_verbose", lambda: re.compile("a # b", re.X | re.M))
entry("regex_flag", lambda: re.IGNORECASE | re.MULTILINE)
entry("regex_flag_one", lambda: re.A)
entry("regex_error", lambda: re.error("msg", "a(", 1), lambda e: type(e) is re.error and (e.msg, e.pos) == ("msg", 1))
entry("template", lambda: string.Template("$a b"), lambda t: t.substitute(a=1) == "1 b")
entry("formatter", lambda: string.Formatter(), lambda f: f.format("{}", 1) == "1")
entry("text_wrapper", lambda: textwrap.TextWrapper(width=10), lambda w: w.fill("aaa bbb ccc ddd") == "aaa bbb\nccc ddd")
entry("string_io", lambda: positioned(io.StringIO("abc")), lambda f: f.read() == "bc" and f.getvalue() == "abc")
entry("bytes_io", lambda: positioned(io.BytesIO(b"abc")), lambda f: f.read() == b"bc" and f.getvalue() == b"abc")
entry("codec_info", lambda: codecs.lookup("utf-8"), lambda c: c.name == "utf-8" and c.decode(b"a") == ("a", 1))
entry("codec_functions", lambda: [codecs.encode, codecs.strict_errors, codecs.utf_8_decode])
entry("namespace", lambda: argparse.Namespace(a=1))
entry("option_values", lambda: optparse.Values({"a": 1}), lambda v: v.a == 1)
entry("config_parser", lambda: config(), lambda c: c["a"]["b"] == "1" and c.getint("a", "b") == 1)
entry(
    "config_options",
    lambda: special_config(),
    lambda c: c["a"]["b"] == "1" and c["a"]["c"] is None and list(c) == ["X", "a"],
)
entry(
    "config_comments",
    lambda: special_config(),
    lambda c: c.read_string("[d]\n%.no\ne 2 ; no") is None and dict(c["d"]) == {"e": "2"},
)
entry("config_error", lambda: configparser.NoOptionError("o", "s"), lambda e: (e.option, e.section) == ("o", "s"))
entry("csv_dialect", lambda: csv.excel_tab)
entry("csv_sniffer", lambda: csv.Sniffer(), lambda s: s.sniff("a;b\nc;d").delimiter == ";")
entry("difflib_matcher", lambda: difflib.SequenceMatcher(None, "abc", "abd"), lambda m: round(m.ratio(), 2) == 0.67)
entry("difflib_match", lambda: difflib.Match(1, 2, 3))
entry("email_message", mail, same_message)
entry("email_old_message", old_mail, lambda m: m["subject"] == "x" and m.get_payload() == "body")
entry("email_policy", lambda: email.policy.SMTP, lambda p: p.linesep == "\r\n" and p == p)
entry("email_header", lambda: mail()["To"], lambda h: h.addresses[0].username == "a")
entry("email_address", lambda: email.headerregistry.Address("A", "a", "example.org"))
entry("email_charset", lambda: __import__("email.charset").charset.Charset("utf-8"))
entry("email_error", lambda: email.errors.HeaderParseError("x"), lambda e: type(e) is email.errors.HeaderParseError)
entry("gettext", lambda: gettext.NullTranslations(), lambda t: t.gettext("a") == "a")
entry("html_functions", lambda: [html.escape, html.unescape])
entry("http_status", lambda: http.HTTPStatus.NOT_FOUND)
entry("http_method", lambda: http.HTTPMethod.GET, since=(3, 11))
entry("http_cookie", lambda: cookie(), lambda c: c["a"].value == "b" and c["a"]["path"] == "/")
entry("http_morsel", lambda: cookie()["a"])
entry("http_jar_cookie", lambda: jar_cookie(), lambda c: c.name == "n" and c.domain == "example.org")
entry(
    "http_error",
    lambda: http.client.BadStatusLine("x"),
    lambda e: e.line == "x" and type(e) is http.client.BadStatusLine,
)
entry("http_headers", lambda: headers(), lambda h: h["a"] == "b" and type(h) is http.client.HTTPMessage)
entry("json_error", lambda: json.JSONDecodeError("m", "doc", 1), lambda e: (e.msg, e.doc, e.pos) == ("m", "doc", 1))
entry("json_encoder", lambda: json.JSONEncoder(indent=1), lambda e: e.encode([1]) == "[\n 1\n]")
entry("json_decoder", lambda: json.JSONDecoder(), lambda d: d.decode("[1]") == [1])
entry("keyword_function", lambda: keyword.iskeyword, lambda f: f("if"))
entry("logger", lambda: logging.getLogger("a.b"), lambda x: x is logging.getLogger("a.b"))
entry("root_logger", lambda: logging.getLogger(), lambda x: x is logging.getLogger())
entry("logger_adapter", lambda: logging.LoggerAdapter(logging.getLogger("a"), {"x": 1}), lambda a: a.extra == {"x": 1})
entry("log_record", lambda: record(), lambda r: r.getMessage() == "a 1" and r.levelname == "INFO")
entry("log_formatter", lambda: logging.Formatter("%(message)s!"), lambda f: f.format(record()) == "a 1!")
entry("log_filter", lambda: logging.Filter("a"), lambda f: f.filter(record()))
entry("plist_uid", lambda: plistlib.UID(3), since=(3, 8))
entry("shlex_function", lambda: shlex.split, lambda f: f("a 'b c'") == ["a", "b c"])
entry("token_info", lambda: tokens()[0], lambda t: t.string == "a" and t.type == token.NAME and t.end == (1, 1))
entry("tokenize_error", lambda: tokenize.TokenError("x", (1, 2)), lambda e: e.args == ("x", (1, 2)))
entry("unicode_functions", lambda: [unicodedata.normalize, unicodedata.name])
entry("url", lambda: urllib.parse.urlparse("http://a:1/b;c?d=e#f"))
entry("url_split", lambda: urllib.parse.urlsplit("http://a:1/b?d=e#f"))
entry("url_split_bytes", lambda: urllib.parse.urlsplit(b"http://a:1/b?d=e#f"))
entry("url_defrag", lambda: urllib.parse.urldefrag("http://a/b#f"))
entry(
    "url_error", lambda: urllib.error.URLError("r", "f"), lambda e: type(e) is urllib.error.URLError and e.reason == "r"
)
entry(
    "url_request",
    lambda: urllib.request.Request("http://a/", headers={"A": "b"}),
    lambda r: r.full_url == "http://a/" and r.headers == {"A": "b"},
)
entry(
    "element",
    lambda: ElementTree.fromstring("<a x='1'><b>t</b>u</a>"),
    lambda e: e.get("x") == "1" and e[0].text == "t" and e[0].tail == "u",
)
entry("element_tree", lambda: ElementTree.ElementTree(ElementTree.Element("a")), lambda t: t.getroot().tag == "a")
entry("element_qname", lambda: ElementTree.QName("u", "t"))
entry("element_error", lambda: xml_error(), lambda e: type(e) is ElementTree.ParseError)
entry("minidom", lambda: minidom.parseString("<a x='1'/>"), lambda d: d.documentElement.getAttribute("x") == "1")
entry(
    "ast_expression",
    lambda: ast.parse("a + 'b'", mode="eval"),
    lambda t: eval(compile(t, "<test>", "eval"), {"a": "c"}) == "cb",
)
entry("ast_module", lambda: ast.parse("def f(a, *, b=2):\n return a"), lambda t: evaluate(t, "f(4)") == 4)
entry("ast_name", lambda: ast.Name("a", ast.Load()), lambda t: t.id == "a" and type(t.ctx) is ast.Load)
entry("signature", lambda: inspect.signature(example), lambda s: str(s) == "(a: int, *args, b=2, **kwargs) -> str")
entry("parameter", lambda: inspect.signature(example).parameters["b"])
entry("parameter_kind", lambda: inspect.Parameter.KEYWORD_ONLY)
entry(
    "bound_arguments",
    lambda: inspect.signature(example).bind(1, b=3),
    lambda b: b.args == (1,) and b.kwargs == {"b": 3},
)
entry("full_arg_spec", lambda: inspect.getfullargspec(example))


def example(a: int, *args, b=2, **kwargs) -> str:
    """For its signature."""


def positioned(file):
    file.seek(1)
    return file


def config():
    made = configparser.ConfigParser()
    made.read_string("[a]\nb = 1")
    return made


def special_config():
    made = configparser.RawConfigParser(
        delimiters=(" ",),
        comment_prefixes=("#", "%."),
        inline_comment_prefixes=(";", "//"),
        allow_no_value=True,
        default_section="X",
    )
    made.read_string("[a]\nb 1 // no\n%.no\nc")
    return made


def cookie():
    made = http.cookies.SimpleCookie()
    made["a"] = "b"
    made["a"]["path"] = "/"
    return made


def jar_cookie():
    domain = ("example.org", True, False)
    return http.cookiejar.Cookie(0, "n", "v", None, False, *domain, "/", True, False, None, True, None, None, {})


def headers():
    made = http.client.HTTPMessage()
    made["a"] = "b"
    return made


def record():
    return logging.LogRecord("a", logging.INFO, "path.py", 3, "a %d", (1,), None)


def tokens():
    return list(tokenize.generate_tokens(io.StringIO("a = 1").readline))


def xml_error():
    error = ElementTree.ParseError("x")
    error.code = 3
    return error


def evaluate(tree, expression):
    namespace = {}
    exec(compile(tree, "<test>", "exec"), namespace)
    return eval(expression, namespace)


refused("text_file", lambda: open("/dev/null", "w"), "not opened for reading")  # noqa: SIM115
refused("binary_file", lambda: open("/dev/null", "rb"), "BufferedReader")  # noqa: SIM115
