namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Every way a message head or body is refused. One instance each: refusing costs no allocation, an attack least of all.</summary>
internal static class Refusals
{
    public static readonly Refusal RequestLine = Refusal.Bad("The request line must be: method, one space, target, one space, HTTP/1.1.");
    public static readonly Refusal Method = Refusal.Bad("The method has a character that is not allowed in a token.");
    public static readonly Refusal Target = Refusal.Bad("The request target has a character that must be percent-encoded, or is not in a form this method allows.");
    public static readonly Refusal TargetMismatch = Refusal.Bad("The request target and the Host field name different hosts. Send the same in both.");
    public static readonly Refusal BareLineFeed = Refusal.Bad("A line ends with LF alone. End lines with CR LF.");
    public static readonly Refusal FieldName = Refusal.Bad("A field name is empty, has an illegal character, or white space before its colon.");
    public static readonly Refusal FieldValue = Refusal.Bad("A field value has a control character (CR, NUL or another).");
    public static readonly Refusal Folded = Refusal.Bad("A field is continued on the next line (obs-fold). Send it on one line.");
    public static readonly Refusal NoHost = Refusal.Bad("The Host field is missing. Send exactly one.");
    public static readonly Refusal TwoHosts = Refusal.Bad("There is more than one Host field. Send exactly one.");
    public static readonly Refusal Host = Refusal.Bad("The Host field is not a host name or address with an optional port.");
    public static readonly Refusal ContentLength = Refusal.Bad("Content-Length must be one decimal number, sent once.");
    public static readonly Refusal BothLengths = Refusal.Bad("Content-Length and Transfer-Encoding exclude each other. Send one of them.");
    public static readonly Refusal TransferEncoding = Refusal.Bad("Transfer-Encoding must be exactly: chunked, sent once, in HTTP/1.1.");
    public static readonly Refusal Connection = Refusal.Bad("The Connection field names a field that must not be removed, or is not a list of tokens.");
    public static readonly Refusal ChunkSize = Refusal.Bad("A chunk size is not 1 to 15 hexadecimal digits followed by CR LF.");
    public static readonly Refusal ChunkExtension = Refusal.Bad("A chunk extension is too long or malformed.");
    public static readonly Refusal ChunkEnd = Refusal.Bad("A chunk is not followed by CR LF.");
    public static readonly Refusal Trailer = Refusal.Bad("The trailer section is malformed or too large.");
    public static readonly Refusal BodyCut = Refusal.Bad("The connection ended before the whole body was sent.");

    public static readonly Refusal TransferCoding = new(
        501, "unknown-transfer-coding", "The transfer coding is not implemented", "Only chunked is understood. Use Content-Encoding to compress a body.");

    public static readonly Refusal MethodUnknown = new(
        501, "method-not-implemented", "The method is not implemented", "CONNECT, TRACE and methods longer than 32 characters are not forwarded.");

    public static readonly Refusal Version = new(
        505, "http-version-not-supported", "The HTTP version is not supported", "Use HTTP/1.1 or HTTP/1.0.");

    public static readonly Refusal TargetTooLong = new(
        414, "uri-too-long", "The request target is too long", "Shorten the URL, or send the data in the body.");

    public static readonly Refusal HeadTooLarge = new(
        431, "header-fields-too-large", "The header section is too large", "Send fewer or shorter fields; large cookies are the usual cause.");

    public static readonly Refusal TooManyFields = new(
        431, "too-many-header-fields", "There are too many header fields", "Send fewer fields.");

    public static readonly Refusal Expectation = new(
        417, "expectation-failed", "The expectation can't be met", "The only expectation understood is 100-continue.");

    public static readonly Refusal HeadTimeout = new(
        408, "request-timeout", "The request did not arrive in time", "Send the whole head without pause, then the body.");

    public static readonly Refusal BodyTimeout = new(
        408, "body-timeout", "The request body stopped arriving", "Send the body without long pauses.");

    /// <summary>All of them, for the documentation test and for the corpus.</summary>
    public static IReadOnlyList<Refusal> All { get; } =
        [.. typeof(Refusals).GetFields().Where(f => f.FieldType == typeof(Refusal)).Select(f => (Refusal)f.GetValue(null)!)];
}
