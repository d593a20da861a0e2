using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>What a step decided.</summary>
/// <param name="Commands">To be executed in this order; at most one for each instance.</param>
/// <param name="Decisions">To be recorded.</param>
/// <param name="Memory">Goes into the next step.</param>
/// <param name="LookAgainAt">Step again then, if nothing happens before; null: only when something happens.</param>
/// <param name="Verdict">Tells those who wait that nothing will come; null: they go on waiting.</param>
/// <param name="WishAnswer">Set when the wish is fulfilled or can't be.</param>
/// <param name="Reserve">Open instances to be used only when the others are at their targets.</param>
/// <param name="Ask">What the service would hold of the host if nothing bounded it.</param>
/// <param name="Done">In the modes Remove and Retire: nothing is left to do.</param>
public sealed record RegulatorPlan(
    IReadOnlyList<RegulatorCommand> Commands,
    IReadOnlyList<Decision> Decisions,
    RegulatorMemory Memory,
    DateTimeOffset? LookAgainAt,
    GateVerdict? Verdict,
    WishAnswer? WishAnswer,
    IReadOnlyList<InstanceId> Reserve,
    CapacityAsk Ask,
    bool Done);

/// <param name="StartFailed">The start they waited for failed; else no start is possible now.</param>
/// <param name="RetryAfter">When a start will be possible again; null: not known.</param>
public sealed record GateVerdict(bool StartFailed, Failure Why, TimeSpan? RetryAfter);

/// <param name="Why">Null: fulfilled. Else why not.</param>
public sealed record WishAnswer(long Id, Failure? Why);
