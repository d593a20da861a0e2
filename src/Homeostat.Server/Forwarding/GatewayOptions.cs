namespace Homeostat.Server.Forwarding;

/// <summary>Limits of the data plane. Every wait and every buffer has one; what is hit is counted in <see cref="GatewayCounters"/>.</summary>
public sealed record GatewayOptions
{
    /// <summary>Client connections at a time; more are closed at once. 1..1,000,000.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Request line in bytes; longer is 414. RFC 9112 3 asks for at least 8,000.</summary>
    public int RequestLineBytesMax { get; init; } = 8 * 1024;

    /// <summary>Request line and fields in bytes; larger is 431.</summary>
    public int HeadBytesMax { get; init; } = 32 * 1024;

    /// <summary>Fields of a request or a response; more are 431 or 502.</summary>
    public int FieldsMax { get; init; } = 100;

    /// <summary>Head of a response in bytes; larger is 502.</summary>
    public int ResponseHeadBytesMax { get; init; } = 64 * 1024;

    /// <summary>Interim responses (1xx) before the final one; more are 502.</summary>
    public int InterimMax { get; init; } = 16;

    /// <summary>Bytes of a client held unread, and of a response not yet taken by the client, per connection. Above it the sender has to wait.</summary>
    public int PipeBytesMax { get; init; } = 64 * 1024;

    /// <summary>From the first byte of a head to its last.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A client connection without a request.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>A request body from which no byte arrives.</summary>
    public TimeSpan BodyStall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A client that takes nothing of its response.</summary>
    public TimeSpan WriteStall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>From the end of the request (or the last part of it that was taken) to the head of the response; then 504.</summary>
    public TimeSpan AppTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A connection that broke before the answer: how long to wait for the word that the program ended, and how. The word takes milliseconds.</summary>
    public TimeSpan EndPatience { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A response body, event stream or WebSocket on which nothing moves.</summary>
    public TimeSpan StreamIdle { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Trying to connect to instances of a service for one request, with the waits between; then 502.</summary>
    public TimeSpan ConnectRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>One attempt to connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the rest of a body nobody wants is read, so that the client gets its answer instead of a reset connection.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A client that ended its sending side may only have finished asking; after this it counts as gone.</summary>
    public TimeSpan HalfCloseGrace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Idle connections kept per instance.</summary>
    public int IdlePerInstance { get; init; } = 64;

    /// <summary>
    /// How long an idle connection to an instance is kept. Below the 5 s after which Node.js and Apache close theirs: a request sent at that very
    /// moment would be lost, and could not be repeated.
    /// </summary>
    public TimeSpan UpstreamIdle { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How often time limits are looked at; they are exact to this.</summary>
    public TimeSpan Sweep { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Everything that is out of range, one sentence each with the range; empty when all is well.</summary>
    public IReadOnlyList<string> Check()
    {
        (string Name, long Value, long Least, long Most)[] counts =
        [
            (nameof(ConnectionsMax), ConnectionsMax, 1, 1_000_000),
            (nameof(RequestLineBytesMax), RequestLineBytesMax, 256, 64 * 1024),
            (nameof(HeadBytesMax), HeadBytesMax, RequestLineBytesMax, PipeBytesMax - 1024),
            (nameof(FieldsMax), FieldsMax, 1, 1_000),
            (nameof(ResponseHeadBytesMax), ResponseHeadBytesMax, 1024, 1024 * 1024),
            (nameof(InterimMax), InterimMax, 0, 1_000),
            (nameof(PipeBytesMax), PipeBytesMax, 16 * 1024, 4 * 1024 * 1024),
            (nameof(IdlePerInstance), IdlePerInstance, 0, 10_000),
        ];
        (string Name, TimeSpan Value)[] times =
        [
            (nameof(HeadTimeout), HeadTimeout), (nameof(IdleTimeout), IdleTimeout), (nameof(BodyStall), BodyStall), (nameof(WriteStall), WriteStall),
            (nameof(AppTimeout), AppTimeout), (nameof(EndPatience), EndPatience), (nameof(StreamIdle), StreamIdle), (nameof(ConnectRetry), ConnectRetry), (nameof(ConnectTimeout), ConnectTimeout),
            (nameof(Linger), Linger), (nameof(HalfCloseGrace), HalfCloseGrace), (nameof(UpstreamIdle), UpstreamIdle), (nameof(Sweep), Sweep),
        ];
        var counted = from c in counts
                      where c.Value < c.Least || c.Value > c.Most
                      select $"Gateway:{c.Name} is {c.Value}; it must be {c.Least} to {c.Most}.";
        var timed = from t in times
                    where t.Value < TimeSpan.FromMilliseconds(1) || t.Value > TimeSpan.FromDays(7)
                    select $"Gateway:{t.Name} is {t.Value}; it must be 1 ms to 7 days.";
        return [.. counted, .. timed];
    }
}
