//! Downloads with `Range`, `If-Range` and `ETag`, streamed from object storage.

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, ByteRangeSpec, Charset, ContentDisposition, DispositionParam, DispositionType,
    ExtendedValue, Header, Range,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures::{StreamExt, stream};
use storage::{Key, Storage};

use crate::error::Problem;

type NoBytes = Result<Bytes, std::io::Error>;

/// An object to send, as the database describes it.
pub struct Download<'a> {
    /// Where its bytes are.
    pub key: &'a Key,
    /// Their number.
    pub size_bytes: u64,
    /// Their SHA-256, which is the entity tag.
    pub sha256: &'a str,
    /// Their media type.
    pub media_type: &'a str,
    /// The name a browser saves them under.
    pub filename: String,
}

/// Answers 200 with all bytes, 206 with one range of them, 304, or 416.
pub async fn send(
    storage: &Storage,
    request: &HttpRequest,
    download: Download<'_>,
) -> Result<HttpResponse, Problem> {
    let etag = format!("\"{}\"", download.sha256);
    let names = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|tags| tags == "*" || tags.split(',').any(|tag| tag.trim() == etag))
    };
    if names(header::IF_NONE_MATCH) {
        return Ok(HttpResponse::NotModified()
            .insert_header((header::ETAG, etag))
            .finish());
    }
    let ranged = !request.headers().contains_key(header::IF_RANGE) || names(header::IF_RANGE);
    let size = download.size_bytes;
    let wanted = if ranged {
        wanted(request, size)
    } else {
        Wanted::All
    };
    let range = match wanted {
        Wanted::All => None,
        Wanted::Part(first, last) => Some((first, last)),
        Wanted::NoSuch => return Err(Problem::no_such_range(size)),
    };

    let mut answer = match range {
        Some((first, last)) => {
            let mut partial = HttpResponse::build(StatusCode::PARTIAL_CONTENT);
            partial.insert_header((
                header::CONTENT_RANGE,
                format!("bytes {first}-{last}/{size}"),
            ));
            partial
        }
        None => HttpResponse::Ok(),
    };
    answer
        .content_type(download.media_type)
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(attachment(download.filename));

    let (first, end) = range.map_or((0, size), |(first, last)| (first, last + 1));
    if request.method() == actix_web::http::Method::HEAD {
        // An empty body would be told as a length of 0; this one is never read.
        return Ok(answer.body(SizedStream::new(end - first, stream::empty::<NoBytes>())));
    }
    let bytes = storage.get_range(download.key, first..end).await?;
    let bytes = bytes.map(|chunk| chunk.map_err(Problem::from));
    Ok(answer.no_chunking(end - first).streaming(bytes))
}

/// What of an object is asked for.
enum Wanted {
    All,
    /// First and last byte.
    Part(u64, u64),
    /// Bytes that it doesn't have.
    NoSuch,
}

/// Several ranges at once are answered with all.
fn wanted(request: &HttpRequest, size: u64) -> Wanted {
    let Ok(Range::Bytes(specs)) = Range::parse(request) else {
        return Wanted::All;
    };
    match specs.as_slice() {
        [spec] => match ByteRangeSpec::to_satisfiable_range(spec, size) {
            Some((first, last)) => Wanted::Part(first, last),
            None => Wanted::NoSuch,
        },
        _ => Wanted::All,
    }
}

fn attachment(filename: String) -> ContentDisposition {
    let mut parameters = vec![DispositionParam::Filename(ascii(&filename))];
    if !filename.is_ascii() {
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: filename.into_bytes(),
        }));
    }
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters,
    }
}

/// The plain form for clients that don't read RFC 5987 names.
fn ascii(filename: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '_'
        }
    };
    filename.chars().map(plain).collect()
}
