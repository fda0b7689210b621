//! Addresses of hosts, mailboxes and documents.

use std::net::Ipv6Addr;

use super::{integer, invalid_character, wrong};
use crate::functions::{Part, Url, unescape};
use crate::template::quote;

pub fn ipv4(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return wrong("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return wrong("leading zeros");
        }
        if !(0..=255).contains(&integer(group)?) {
            return wrong("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

pub fn ipv6(text: &str) -> Result<(), String> {
    if !text.contains(':') {
        return wrong("missing colon");
    }
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    if address.parse::<Ipv6Addr>().is_err() {
        return Err(format!("ParseAddr({}): unable to parse IP", quote(text.as_bytes())));
    }
    match zone {
        None => Ok(()),
        Some("") => Err(format!("ParseAddr({}): zone must be a non-empty string", quote(text.as_bytes()))),
        Some(_) => wrong("zone id is not a part of ipv6 address"),
    }
}

pub fn hostname(text: &str) -> Result<(), String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return wrong("more than 253 characters long");
    }
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return wrong("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return wrong("label starts with hyphen");
        }
        if label.ends_with('-') {
            return wrong("label ends with hyphen");
        }
        if let Some(character) = label.chars().find(|it| !it.is_ascii_alphanumeric() && *it != '-') {
            return invalid_character(character);
        }
    }
    Ok(())
}

pub fn email(text: &str) -> Result<(), String> {
    if text.len() > 254 {
        return wrong("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return wrong("missing @") };
    if local.len() > 64 {
        return wrong("local part more than 64 characters long");
    }
    if local.len() > 1 && local.starts_with('"') {
        let mut inner = local[1..].chars();
        inner.next_back();
        if inner.as_str().contains(['\\', '"']) {
            return wrong("backslash and quote are not allowed within quoted local part");
        }
    } else {
        check_local(local)?;
    }
    if let Some(address) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match address.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|reason| format!("invalid ipv6 address: {reason}")),
            None => ipv4(address).map_err(|reason| format!("invalid ipv4 address: {reason}")),
        };
    }
    hostname(domain).map_err(|reason| format!("invalid domain: {reason}"))
}

fn check_local(local: &str) -> Result<(), String> {
    if local.starts_with('.') {
        return wrong("starts with dot");
    }
    if local.ends_with('.') {
        return wrong("ends with dot");
    }
    if local.contains("..") {
        return wrong("consecutive dots");
    }
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(it);
    local.chars().find(|it| !is_allowed(*it)).map_or(Ok(()), invalid_character)
}

fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)?;
    let host = url.hostname();
    if host.contains(':') {
        if !(url.host.contains('[') && url.host.contains(']')) {
            return wrong("ipv6 address not enclosed in brackets");
        }
        ipv6(host).map_err(|reason| format!("invalid ipv6 address: {reason}"))?;
    }
    Ok(url)
}

pub fn uri(text: &str) -> Result<(), String> {
    if url(text)?.scheme.is_empty() { wrong("relative url") } else { Ok(()) }
}

pub fn uri_reference(text: &str) -> Result<(), String> {
    if text.contains('\\') {
        return wrong("contains \\");
    }
    url(text).map(drop)
}

pub fn uri_template(text: &str) -> Result<(), String> {
    url(text)?;
    let text = text.split(['#', '?']).next().unwrap_or_default();
    for segment in text.split('/') {
        let segment =
            unescape(segment, Part::Path).map_err(|reason| format!("percent decode failed: {reason}"))?;
        let mut is_open = false;
        for brace in segment.chars().filter(|it| matches!(it, '{' | '}')) {
            if is_open == (brace == '{') {
                return wrong("nested curly braces");
            }
            is_open = !is_open;
        }
        if is_open {
            return wrong("no matching closing brace");
        }
    }
    Ok(())
}
