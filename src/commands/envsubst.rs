//! `flux envsubst`.

use clap::Args;

use super::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result, ResultExt as _};
use crate::output::Report;
use edgeflux_kustomize::controller::{expand, substitute_object};

/// The arguments of `flux envsubst`.
#[derive(Debug, Args)]
pub struct Envsubst {
    /// Fail if a variable without a default is not set
    #[arg(long)]
    strict: bool,
    /// Read Kubernetes objects, and leave alone those that disable substitution
    #[arg(long)]
    k8s_aware: bool,
}

impl Described for Envsubst {
    const ABOUT: About =
        About::new("envsubst", "Substitute environment variables in text from standard input")
            .details(
            "Uses the syntax of post-build substitution in Flux Kustomizations, such as ${region} and \
             ${region:=eu}. Without --k8s-aware, the input may be any text, and is substituted line by line.\n\n\
             With --k8s-aware, the input must be YAML, and variables are substituted as by kustomize-controller: \
             object by object, without comments. Objects with the label or annotation \
             kustomize.toolkit.fluxcd.io/substitute: disabled are left alone.",
        )
            .examples(&[
                ("Substitute variables in a file", "flux envsubst < deployment.yaml"),
                ("Fail if a variable is not set", "flux envsubst --strict < deployment.yaml"),
                ("Substitute as the controller does", "kustomize build . | flux envsubst --k8s-aware"),
            ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for Envsubst {
    async fn run(self, context: &Context) -> Result<()> {
        // A variable that is empty counts as set.
        let value = |name: &str| match context.environment.value(name) {
            Some(value) => Some(text_of(value.as_encoded_bytes())),
            None if self.strict => None,
            None => Some(String::new()),
        };
        if self.k8s_aware { objects(context, &value).await } else { lines(context, &value).await }
    }
}

/// Value of a variable; none if that is an error.
type Values<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Substitutes line by line and writes each line at once: the input may never end.
async fn lines(context: &Context, value: Values<'_>) -> Result<()> {
    let report = Report::new(&context.ui);
    let mut number = 0;
    while let Some(mut line) = context.ui.read_line().await.context("reading standard input")? {
        number += 1;
        // Go removes a carriage return too, also at the end of the input.
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let filled = expand(&text_of(&line), value)
            .map_err(|error| Error::failed(format!("line {number} of the input: {error}")))?;
        report.line(&bytes_of(&filled))?;
    }
    Ok(())
}

/// Substitutes object by object and writes each at once.
async fn objects(context: &Context, value: Values<'_>) -> Result<()> {
    let report = Report::new(&context.ui);
    let (mut document, mut number, mut written) = (Vec::new(), 1, false);
    loop {
        let line = context.ui.read_line().await.context("reading standard input")?;
        let is_mark = line.as_ref().is_some_and(|line| is_separator(line));
        if let Some(line) = line.as_ref().filter(|_| !is_mark) {
            document.extend_from_slice(line);
            document.push(b'\n');
            continue;
        }
        let output = object(&std::mem::take(&mut document), value)
            .map_err(|error| error.context(format!("document {number} of the input")))?;
        if let Some(text) = output {
            let separator = if written { "---\n" } else { "" };
            report.document(&format!("{separator}{text}"))?;
            report.flush()?;
            written = true;
        }
        if line.is_none() {
            return Ok(());
        }
        number += 1;
    }
}

/// Whether a line begins a document.
fn is_separator(line: &[u8]) -> bool {
    line.strip_prefix(b"---").is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// A document with its variables substituted; none if it is empty.
fn object(document: &[u8], value: Values<'_>) -> Result<Option<String>> {
    let text = std::str::from_utf8(document)
        .map_err(|_| Error::usage("it is not text in UTF-8").hint("omit --k8s-aware for other text"))?;
    let unusable = |cause: String| {
        Error::usage(cause).hint("--k8s-aware reads Kubernetes objects; omit it for other text")
    };
    let object = edgeflux_yaml::first_document(text).map_err(|error| unusable(error.to_string()))?;
    if object.is_null() {
        return Ok(None);
    }
    if !object.is_object() {
        return Err(unusable("it is not an object".to_owned()));
    }
    let filled = substitute_object(&object, value).map_err(|error| Error::failed(error.to_string()))?;
    let Some(filled) = filled else { return Ok(Some(text.to_owned())) };
    let filled = String::from_utf8(bytes_of(&edgeflux_yaml::to_string(&filled)));
    filled.map(Some).map_err(|_| Error::usage("the value of a variable is not text in UTF-8"))
}

/// First of the characters that stand for bytes that are not UTF-8: the last 256 of Unicode's private use area.
const FIRST: u32 = 0x0010_ff00;

/// Converts bytes to text. Bytes that are not UTF-8 become characters of private use, which no expression contains.
fn text_of(bytes: &[u8]) -> String {
    let stand_ins = |bytes: &[u8], text: &mut String| {
        text.extend(bytes.iter().filter_map(|byte| char::from_u32(FIRST + u32::from(*byte))));
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Those characters themselves are converted byte by byte.
            if u32::from(c) >= FIRST {
                stand_ins(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut text);
            } else {
                text.push(c);
            }
        }
        stand_ins(chunk.invalid(), &mut text);
    }
    text
}

/// Reverses [`text_of`].
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(FIRST).and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::Scene;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [
            &all[..],
            b"caf\xe9 \xc3\xa9 \xf0\x9f\x98\x80",
            "\u{10ff00}\u{10fffd}é".as_bytes(),
            b"\xf4\x8f",
            b"",
        ] {
            assert_eq!(bytes_of(&text_of(bytes)), bytes);
        }
        assert_eq!(text_of("né 😀".as_bytes()), "né 😀");
    }

    #[test]
    fn variables_come_from_the_environment() {
        let scene = Scene::offline()
            .variable("CLUSTER", "edge")
            .input("cluster: ${CLUSTER}\nregion: ${REGION:=eu}\nzone: ${ZONE}\n");
        assert_snapshot!(scene.run("flux envsubst"), @"
        cluster: edge
        region: eu
        zone:␠
        ");
        assert_snapshot!(scene.run("flux envsubst --strict"), @r#"
        cluster: edge
        region: eu
        [stderr]
        ✗ line 3 of the input: variable not set (strict mode): "ZONE"; set it, or write a default: ${NAME:=default}
        [exit code 1]
        "#);
    }

    #[test]
    fn objects_are_substituted_as_the_controller_does() {
        let scene = Scene::offline().variable("N", "3").variable("NAME", "edge").input(
            "# ${NAME\nkind: Deployment\nmetadata: {name: \"${NAME}\"}\nspec: {replicas: \"${N}\"}\n---\n\
             kind: ConfigMap # kept\nmetadata:\n  name: dashboard\n  annotations:\n    \
             kustomize.toolkit.fluxcd.io/substitute: disabled\ndata: {x: '${Datasource}'}\n---\n---\n\
             kind: List\nitems:\n- {kind: A, data: '${NAME}'}\n\
             - {kind: B, data: '${NAME}', metadata: {labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}}}\n",
        );
        assert_snapshot!(scene.run("flux envsubst --k8s-aware --strict"), @"
        kind: Deployment
        metadata:
          name: edge
        spec:
          replicas: 3
        ---
        kind: ConfigMap # kept
        metadata:
          name: dashboard
          annotations:
            kustomize.toolkit.fluxcd.io/substitute: disabled
        data: {x: '${Datasource}'}
        ---
        items:
        - data: edge
          kind: A
        - data: ${NAME}
          kind: B
          metadata:
            labels:
              kustomize.toolkit.fluxcd.io/substitute: disabled
        kind: List
        ");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let run = |input: &str| Scene::offline().input(input).run("flux envsubst --k8s-aware --strict");
        assert_snapshot!(run("kind: A\n---\n- list\n"), @"
        kind: A
        [stderr]
        ✗ document 2 of the input: it is not an object
          hint: --k8s-aware reads Kubernetes objects; omit it for other text
        [exit code 1]
        ");
        assert_snapshot!(run("a: [\n"), @"
        [stderr]
        ✗ document 1 of the input: line 2, column 1: while parsing a flow node, did not find expected node content
          hint: --k8s-aware reads Kubernetes objects; omit it for other text
        [exit code 1]
        ");
        assert_snapshot!(run("kind: A\nmetadata: {name: x}\ndata: {a: '${MISSING}'}\n"), @r#"
        [stderr]
        ✗ document 1 of the input: A/x: variable not set (strict mode): "MISSING"; set it, or write a default: ${NAME:=default}
        [exit code 1]
        "#);
        assert_snapshot!(run(""), @"");
    }
}
