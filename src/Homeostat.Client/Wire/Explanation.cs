namespace Homeostat.Client.Wire;

/// <summary>Why a service is as it is: what <c>homeostat explain</c> shows.</summary>
/// <param name="Answers">Answers to what people ask, composed from the decisions and the state of the moment.</param>
/// <param name="Decisions">The last decisions, oldest first.</param>
public sealed record Explanation(string Service, DateTimeOffset At, IReadOnlyList<ExplanationAnswer> Answers, IReadOnlyList<DecisionInfo> Decisions);

public sealed record ExplanationAnswer(string Question, string Answer);

/// <summary>A recorded choice of the regulator.</summary>
/// <param name="Trigger">What made it look: a request, <c>idle</c>, <c>operator</c> ...</param>
/// <param name="Inputs">What it looked at, by name.</param>
/// <param name="Alternatives">What else was possible and why not.</param>
/// <param name="Until">Until when the choice stands if nothing happens.</param>
public sealed record DecisionInfo(
    DateTimeOffset At,
    string Action,
    string Reason,
    string Trigger,
    IReadOnlyDictionary<string, string> Inputs,
    IReadOnlyList<string> Alternatives,
    DateTimeOffset? Until,
    string? Instance,
    string? Failure,
    string? Remedy);
