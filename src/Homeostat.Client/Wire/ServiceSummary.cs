namespace Homeostat.Client.Wire;

/// <summary>A service at a glance: a row of <c>homeostat ls</c>. Fields are only ever added.</summary>
/// <param name="Routes">As in <c>blog.localhost</c> or <c>example.org/api</c>.</param>
/// <param name="Revision">Number of the current revision.</param>
/// <param name="Tier">Of its most awake instance: <c>running</c>, <c>starting</c>, <c>frozen</c>, <c>paged-out</c>, <c>image</c> or <c>stopped</c>.</param>
/// <param name="Instances">How many there are, asleep ones included.</param>
/// <param name="InFlight">Requests, streams and WebSockets in its instances now.</param>
/// <param name="Waiting">Requests in its gate now.</param>
/// <param name="MemoryBytes">Resident memory of its instances.</param>
/// <param name="ImageBytes">Size of its process images on disk.</param>
public sealed record ServiceSummary(
    string Service,
    string Tenant,
    IReadOnlyList<string> Routes,
    int Revision,
    string Tier,
    int Instances,
    int Min,
    int Max,
    int InFlight,
    int Waiting,
    long MemoryBytes,
    long ImageBytes);
