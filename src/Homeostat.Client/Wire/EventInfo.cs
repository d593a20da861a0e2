namespace Homeostat.Client.Wire;

/// <summary>Something that happened.</summary>
/// <param name="Id">What <c>Last-Event-ID</c> takes to go on after it.</param>
public sealed record EventInfo(
    string Id,
    DateTimeOffset At,
    string Type,
    string? Service,
    string? Instance,
    string Text,
    IReadOnlyDictionary<string, string>? Data);

/// <summary>A line an instance wrote.</summary>
/// <param name="Stream"><c>stdout</c>, <c>stderr</c>, or <c>log</c> where they can't be told apart.</param>
public sealed record LogInfo(DateTimeOffset At, string Instance, string Stream, string Text);
