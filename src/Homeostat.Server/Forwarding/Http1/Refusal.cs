namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Why a message is not forwarded, as the client is told.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Code">Stable last part of the problem type.</param>
/// <param name="Title">One line that is the same for every occurrence.</param>
/// <param name="Detail">What was wrong and what to do.</param>
internal sealed record Refusal(int Status, string Code, string Title, string Detail)
{
    /// <summary>Seconds for Retry-After, if trying again makes sense.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>A request that could be read in two ways, or not at all (RFC 9112). The connection is closed after the answer.</summary>
    public static Refusal Bad(string detail) => new(400, "bad-request", "The request is not valid HTTP/1.1", detail);
}
