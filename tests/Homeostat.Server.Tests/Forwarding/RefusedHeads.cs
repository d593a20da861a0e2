using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>Heads that must be refused before anything reaches a program: name, octets (Latin-1), status.</summary>
internal static class RefusedHeads
{
    private const string Host = "Host: blog.localhost\r\n";

    public static TheoryData<string, string, int> All
    {
        get
        {
            var all = new TheoryData<string, string, int>();
            foreach (var (name, bytes, status) in Lines().Concat(Targets()).Concat(Controls()).Concat(Names()).Concat(Hosts()).Concat(Lengths())
                         .Concat(Codings()).Concat(Hops()).Concat(Limits()))
                all.Add(name, bytes, status);
            return all;
        }
    }

    private static string Line(string line) => $"{line}\r\n{Host}\r\n";

    private static string Get(string fields) => $"GET / HTTP/1.1\r\n{Host}{fields}\r\n";

    private static string Post(string fields) => $"POST / HTTP/1.1\r\n{Host}{fields}\r\nhello";

    private static IEnumerable<(string, string, int)> Lines()
    {
        yield return ("two spaces before the target", Line("GET  / HTTP/1.1"), 400);
        yield return ("two spaces before the version", Line("GET /  HTTP/1.1"), 400);
        yield return ("space after the version", Line("GET / HTTP/1.1 "), 400);
        yield return ("space before the method", Line(" GET / HTTP/1.1"), 400);
        yield return ("tab instead of space", Line("GET\t/\tHTTP/1.1"), 400);
        yield return ("no target", Line("GET HTTP/1.1"), 400);
        yield return ("no version", Line("GET /"), 400);
        yield return ("method alone", Line("GET"), 400);
        yield return ("method illegal", Line("GE(T / HTTP/1.1"), 400);
        yield return ("method with colon", Line("GET: / HTTP/1.1"), 400);
        yield return ("lower-case protocol", Line("GET / http/1.1"), 400);
        yield return ("three-part version", Line("GET / HTTP/1.1.1"), 400);
        yield return ("padded version", Line("GET / HTTP/01.1"), 400);
        yield return ("two-digit minor", Line("GET / HTTP/1.10"), 400);
        yield return ("version without dot", Line("GET / HTTP/11"), 400);
        yield return ("version comma", Line("GET / HTTP/1,1"), 400);
        yield return ("other protocol", Line("GET / ICAP/1.0"), 400);
        yield return ("HTTP/2.0", Line("GET / HTTP/2.0"), 505);
        yield return ("HTTP/3.0", Line("GET / HTTP/3.0"), 505);
        yield return ("HTTP/0.9 said", Line("GET / HTTP/0.9"), 505);
        yield return ("HTTP/9.9", Line("GET / HTTP/9.9"), 505);
        yield return ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
        yield return ("line feeds alone", $"GET / HTTP/1.1\nHost: blog.localhost\n\n", 400);
        yield return ("line feed after the request line", "GET / HTTP/1.1\nHost: blog.localhost\r\n\r\n", 400);
        yield return ("line feed after a field", "GET / HTTP/1.1\r\nHost: blog.localhost\n\r\n", 400);
        yield return ("line feed for the empty line", "GET / HTTP/1.1\r\nHost: blog.localhost\r\n\n", 400);
        yield return ("two empty lines before", "\r\n\r\n" + Line("GET / HTTP/1.1"), 400);
        yield return ("empty line by line feed before", "\n" + Line("GET / HTTP/1.1"), 400);
        yield return ("CR CR LF", $"GET / HTTP/1.1\r\r\n{Host}\r\n", 400);
        yield return ("TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400);
        yield return ("SSH on a web port", "\x00\x00\x01\x2c\x14", 400);
        yield return ("CONNECT", "CONNECT blog.localhost:443 HTTP/1.1\r\nHost: blog.localhost:443\r\n\r\n", 501);
        yield return ("TRACE", Line("TRACE / HTTP/1.1"), 501);
        yield return ("a method nobody has", Line(new string('M', 33) + " / HTTP/1.1"), 501);
    }

    private static IEnumerable<(string, string, int)> Targets()
    {
        yield return ("relative", Line("GET index.html HTTP/1.1"), 400);
        yield return ("authority form of GET", Line("GET blog.localhost:80 HTTP/1.1"), 400);
        yield return ("asterisk of GET", Line("GET * HTTP/1.1"), 400);
        yield return ("two asterisks", Line("OPTIONS ** HTTP/1.1"), 400);
        yield return ("fragment", Line("GET /a#b HTTP/1.1"), 400);
        yield return ("space inside", Line("GET /a b HTTP/1.1"), 400);
        yield return ("octet above ASCII", Line("GET /caf\xe9 HTTP/1.1"), 400);
        yield return ("other scheme", Line("GET ftp://blog.localhost/ HTTP/1.1"), 400);
        yield return ("scheme only", Line("GET http:// HTTP/1.1"), 400);
        yield return ("absolute form, no authority", Line("GET http:///a HTTP/1.1"), 400);
        yield return ("absolute form, other host", Line("GET http://other.localhost/ HTTP/1.1"), 400);
        yield return ("absolute form, other port", Line("GET http://blog.localhost:81/ HTTP/1.1"), 400);
        yield return ("absolute form, user", Line("GET http://user@blog.localhost/ HTTP/1.1"), 400);
        yield return ("absolute form, query at once", Line("GET http://blog.localhost?q HTTP/1.1"), 400);
        yield return ("absolute form, back slashes", Line(@"GET http:\\blog.localhost/ HTTP/1.1"), 400);
    }

    private static IEnumerable<(string, string, int)> Controls()
    {
        for (var code = 0; code <= 127; code = code == 31 ? 127 : code + 1)
        {
            var octet = (char)code;
            var name = $"0x{code:x2}";
            yield return ($"{name} in the method", Line($"G{octet}T / HTTP/1.1"), 400);
            yield return ($"{name} in the target", Line($"GET /a{octet}b HTTP/1.1"), 400);
            yield return ($"{name} in a field name", Get($"X{octet}Y: 1\r\n"), 400);
            if (octet != '\t')
                yield return ($"{name} in a field value", Get($"X: 1{octet}2\r\n"), 400);
        }
    }

    private static IEnumerable<(string, string, int)> Names()
    {
        foreach (var octet in "\"(),/;<=>?@[\\]{}\x80\xff")
            yield return ($"'{octet}' in a field name", Get($"X{octet}Y: 1\r\n"), 400);
        yield return ("space before the colon", Get("X : 1\r\n"), 400);
        yield return ("tab before the colon", Get("X\t: 1\r\n"), 400);
        yield return ("space before the colon of Content-Length", Post("Content-Length : 5\r\n"), 400);
        yield return ("space before the colon of Transfer-Encoding", Post("Transfer-Encoding : chunked\r\n"), 400);
        yield return ("empty name", Get(": 1\r\n"), 400);
        yield return ("no colon", Get("X\r\n"), 400);
        yield return ("folded with a space", Get("X: 1\r\n 2\r\n"), 400);
        yield return ("folded with a tab", Get("X: 1\r\n\t2\r\n"), 400);
        yield return ("folded Transfer-Encoding", Post("Transfer-Encoding:\r\n chunked\r\n"), 400);
        yield return ("first field folded", "GET / HTTP/1.1\r\n Host: blog.localhost\r\n\r\n", 400);
        yield return ("space line before the end", Get("X: 1\r\n \r\n"), 400);
    }

    private static IEnumerable<(string, string, int)> Hosts()
    {
        static string With(string fields) => $"GET / HTTP/1.1\r\n{fields}\r\n";
        yield return ("no Host", With(""), 400);
        yield return ("two equal Hosts", With(Host + Host), 400);
        yield return ("two Hosts", With(Host + "Host: other.localhost\r\n"), 400);
        yield return ("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" + Host + "hOST: x\r\n\r\n", 400);
        foreach (var bad in new[]
                 {
                     "", "a b", "a,b", "a/b", "a@b", "a\\b", "a%62", "a\"b", "a;b", "<a>", "a\xe9", "blog.localhost:x", "blog.localhost:-1",
                     "blog.localhost: 80", "blog.localhost:65536", "blog.localhost:123456", "blog.localhost:80:80", ":80", "[::1", "::1", "[zz]", "[]", "[::1]x",
                     "[::1]:x", "http://blog.localhost", "blog.localhost/", "blog.localhost?", "blog.localhost#", new string('a', 256),
                 })
        {
            yield return ($"Host '{(bad.Length > 60 ? "very long" : bad)}'", With($"Host: {bad}\r\n"), 400);
        }
    }

    private static IEnumerable<(string, string, int)> Lengths()
    {
        foreach (var bad in new[]
                 {
                     "", "+5", "-5", "0x5", "5,5", "5, 5", "5, 6", "5 5", "5;", "5.0", "1e1", "five", "\xb2", "5\xa0", "9223372036854775808", "9999999999999999999",
                     "18446744073709551621", "000000000000000000000005",
                 })
            yield return ($"Content-Length '{bad}'", Post($"Content-Length: {bad}\r\n"), 400);
        yield return ("Content-Length twice, equal", Post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
        yield return ("Content-Length twice, different", Post("Content-Length: 5\r\nContent-Length: 0\r\n"), 400);
        yield return ("Content-Length twice, other case", Post("Content-Length: 5\r\ncontent-length: 6\r\n"), 400);
    }

    private static IEnumerable<(string, string, int)> Codings()
    {
        yield return ("both lengths", Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400);
        yield return ("both lengths, other order", Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400);
        yield return ("both lengths, zero", Post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400);
        yield return ("chunked in HTTP/1.0", "POST / HTTP/1.0\r\n" + Host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
        yield return ("chunked twice", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
        yield return ("chunked and identity in two fields", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400);
        foreach (var bad in new[]
                 {
                     "", ",", "chunked, chunked", "chunked, gzip", "chunked, identity", ",chunked", "chunked,", "chunked;q=1", "\"chunked\"", "chunked chunked",
                     "chunked\xa0", "[chunked]", "chu nked",
                 })
        {
            yield return ($"Transfer-Encoding '{bad}'", Post($"Transfer-Encoding: {bad}\r\n"), 400);
        }

        foreach (var unknown in new[] { "gzip", "identity", "xchunked", "chunke", "chunked1", "gzip, chunked", "identity, chunked", "br , chunked", "'chunked" })
            yield return ($"Transfer-Encoding '{unknown}'", Post($"Transfer-Encoding: {unknown}\r\n"), 501);
    }

    private static IEnumerable<(string, string, int)> Hops()
    {
        foreach (var bad in new[] { "Host", "close, host", "Content-Length", "transfer-encoding", "a b", "\"close\"", "close;", "X(" })
        {
            yield return ($"Connection '{bad}'", Post($"Content-Length: 5\r\nConnection: {bad}\r\n"), 400);
        }

        yield return ("unknown expectation", Post("Content-Length: 5\r\nExpect: 200-ok\r\n"), 417);
        yield return ("two expectations in one", Post("Content-Length: 5\r\nExpect: 100-continue, 100-continue\r\n"), 417);
    }

    private static IEnumerable<(string, string, int)> Limits()
    {
        yield return ("request line one above its limit", Line("GET /" + new string('a', 8 * 1024 - 13) + " HTTP/1.1"), 414);
        yield return ("request line without end", "GET /" + new string('a', 10_000), 414);
        yield return ("one field too large", Get("X: " + new string('a', 33_000) + "\r\n"), 431);
        yield return ("head without end", "GET / HTTP/1.1\r\nX: " + new string('a', 40_000), 431);
        yield return ("one field too many", Get(string.Concat(Enumerable.Range(0, 100).Select(i => $"X-{i}: 1\r\n"))), 431);
        yield return ("many small fields", Get(string.Concat(Enumerable.Repeat("X: 1\r\n", 5_000))), 431);
    }
}
