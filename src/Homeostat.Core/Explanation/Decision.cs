using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Explanation;

/// <summary>A choice of the regulator, recorded with what it was made from. Shown as it is by <c>homeostat explain</c>.</summary>
/// <param name="Action">One word: <c>start</c>, <c>wake</c>, <c>freeze</c>, <c>page-out</c>, <c>image</c>, <c>stop</c>, <c>drain</c>, <c>template</c>, <c>hold</c>, <c>refuse</c>.</param>
/// <param name="Reason">Why, a sentence for a person.</param>
/// <param name="Trigger">What made the regulator look: a request (<c>GET /cart</c>), <c>idle</c>, <c>operator</c>, <c>revision</c>, <c>exit</c>, <c>min</c> ...</param>
/// <param name="Inputs">What it looked at, name and value, in the order it was weighed.</param>
/// <param name="Alternatives">What else was possible and why not, one line each.</param>
/// <param name="Until">Until when the choice stands if nothing happens; null: no end.</param>
public sealed record Decision(
    DateTimeOffset At,
    string Action,
    string Reason,
    string Trigger,
    IReadOnlyList<KeyValuePair<string, string>> Inputs,
    IReadOnlyList<string> Alternatives,
    DateTimeOffset? Until,
    InstanceId? Instance = null,
    Failure? Failure = null);
