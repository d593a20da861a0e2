using Homeostat.Core.Services;

namespace Homeostat.Server.Events;

/// <summary>Something that happened, for people and scripts that follow along (<c>homeostat events</c>). Never a source of truth: events may be lost.</summary>
/// <param name="Type">Two words, subject and verb: <c>service.applied</c>, <c>instance.woken</c>, <c>decision.made</c>.</param>
/// <param name="Text">A line for a person; no secrets.</param>
/// <param name="Data">Details by name.</param>
public sealed record PlatformEvent(
    string Type,
    ServiceName? Service,
    InstanceId? Instance,
    string Text,
    IReadOnlyDictionary<string, string>? Data = null);
