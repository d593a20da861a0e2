using System.Text;
using Homeostat.Server.Forwarding.Http1;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>
/// Random changes of valid requests. What the parser accepts is written for the program and read again by a reader that shares nothing with it: both must
/// find one request with the same length of body. Every seed is printed and fails alone.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Valid =
    [
        "GET /a?b=c HTTP/1.1\r\nHost: blog.localhost\r\nAccept: */*\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: blog.localhost:80\r\nContent-Length: 5\r\nConnection: keep-alive, X-A\r\nX-A: 1\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: blog.localhost\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n5;e=1\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        "GET http://blog.localhost/ HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Request-Id: a\r\n\r\n",
        "PUT / HTTP/1.0\r\nHost: blog.localhost\r\nConnection: keep-alive\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
    ];

    private static readonly string[] Pieces =
    [
        "\r", "\n", "\r\n", "\r\n\r\n", "\0", " ", "\t", ":", ",", ";", "\x0b", "\xa0", "\xff", "0", "5", "-1", "chunked", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Host: evil\r\n", "Content-Length:\t0\r\n", "Transfer-Encoding : chunked\r\n", " folded\r\n", "GET /evil HTTP/1.1\r\nHost: x\r\n\r\n", "0\r\n\r\n",
        "Content_Length: 9\r\n", "Connection: Content-Length\r\n", "HTTP/1.0", "HTTP/1.1", "ffffffffffffffff\r\n",
    ];

    [Theory]
    [InlineData(20_000)]
    public async Task Head_MutatedAtRandom_IsReadInOneWayOrRefused(int rounds)
    {
        var first = Random.Shared.Next();
        output.WriteLine($"seeds {first}..{first + rounds - 1}");
        var accepted = 0;
        for (var seed = first; seed < first + rounds; seed++)
            accepted += await CompareAsync(seed) ? 1 : 0;
        // Else the mutations have become too wild to test anything.
        Assert.InRange(accepted, rounds / 50, rounds);
    }

    [Theory]
    [InlineData(300)]
    public async Task Connection_FedMutations_AnswersOrClosesAndServesTheNext(int rounds)
    {
        var first = Random.Shared.Next();
        output.WriteLine($"seeds {first}..{first + rounds - 1}");
        await using var world = await World.StartAsync(RawApp.EchoAsync, new() { Linger = TimeSpan.FromMilliseconds(100), HalfCloseGrace = TimeSpan.FromMilliseconds(50), Sweep = TimeSpan.FromMilliseconds(20) });
        for (var seed = first; seed < first + rounds; seed++)
        {
            using var client = await world.ConnectAsync();
            try
            {
                await client.SendAsync(Mutate(seed));
                client.EndSending();
                await client.ToEndAsync().Within($"the end of the connection, seed {seed}");
            }
            catch (IOException)
            {
                // Refused so early that sending already failed.
            }
        }

        Assert.Equal(200, (await world.AskAsync(Valid[0])).Status);
        await world.Upstream.Returned.WaitForAsync("all slots back", _ => world.Upstream.Taken == 0);
        // A program that read something the gateway had not understood would have said so.
        Assert.DoesNotContain(world.App.Events.Seen, e => e.Contains(nameof(FormatException), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(5_000)]
    public void Chunks_AreReadTheSame_HoweverTheyArrive(int rounds)
    {
        var first = Random.Shared.Next();
        output.WriteLine($"seeds {first}..{first + rounds - 1}");
        for (var seed = first; seed < first + rounds; seed++)
        {
            var text = Mutate(seed);
            var body = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var at and >= 0 ? text[(at + 4)..] : text;
            var whole = Decode(body, body.Length + 1, body.Length + 1);
            var random = new Random(seed);
            Assert.Equal((seed, whole), (seed, Decode(body, random.Next(1, 8), random.Next(1, 8))));
        }
    }

    private static string Decode(string text, int piece, int room)
    {
        var decoder = new ChunkedDecoder();
        var bytes = Encoding.Latin1.GetBytes(text);
        var data = new StringBuilder();
        var target = new byte[room];
        for (var at = 0; at < bytes.Length && !decoder.IsDone;)
        {
            var refusal = decoder.Decode(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)), target, out var consumed, out var written);
            data.Append(Encoding.Latin1.GetString(target, 0, written));
            if (refusal is not null)
                return $"{data} refused: {refusal.Code}";
            at += consumed;
        }

        return $"{data} {(decoder.IsDone ? "done" : "open")} {Encoding.Latin1.GetString(decoder.Trailer)}";
    }

    private static string Mutate(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder(Valid[random.Next(Valid.Length)]);
        for (var changes = random.Next(1, 5); changes > 0 && text.Length > 0; changes--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 4), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 2:
                    text[at] = (char)random.Next(256);
                    break;
                default:
                    // After a line end, where fields are.
                    var line = text.ToString().IndexOf("\r\n", at, StringComparison.Ordinal);
                    text.Insert(line < 0 ? text.Length : line + 2, Pieces[random.Next(Pieces.Length)]);
                    break;
            }
        }

        return text.ToString();
    }

    private static async Task<bool> CompareAsync(int seed)
    {
        var bytes = Encoding.Latin1.GetBytes(Mutate(seed));
        var scanner = new HeadScanner(32 * 1024, 8 * 1024, lineFeeds: false);
        var end = scanner.Scan(bytes, out _);
        var request = new RequestHead();
        if (end <= 0 || RequestParser.Parse(bytes.AsSpan(scanner.Start, end - scanner.Start), 100, request) is not null)
            return false;
        var written = new byte[RequestWriter.SizeMax(end, request)];
        var length = RequestWriter.Write(bytes.AsSpan(scanner.Start, end - scanner.Start), request, new ClientAddress(null, tls: false), written, out _);
        using var stream = new MemoryStream(written, 0, length);
        var reading = await new RawReader(stream).ReadHeadAsync(default);
        var fault = reading switch
        {
            null => "nothing was read",
            _ when stream.Position != length => "octets follow the head",
            _ when request.Body == BodyKind.Chunked != (reading["Transfer-Encoding"] == "chunked") => "chunked for one only",
            _ when request.Body == BodyKind.Chunked && reading["Content-Length"] is not null => "both lengths",
            _ when request.Body != BodyKind.Chunked && long.Parse(reading["Content-Length"] ?? "0") != request.ContentLength => "other length",
            _ when reading.Fields.Count(f => f.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)) != 1 => "not one Host",
            _ when reading.StartLine.Split(' ') is not [_, _, "HTTP/1.1"] => "other request line",
            _ => null,
        };
        Assert.True(fault is null, $"seed {seed}: {fault}: {reading}");
        return true;
    }
}
