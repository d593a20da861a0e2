using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>Decides how many instances should run for the demand of this moment. Pure; replaceable.</summary>
public interface IScalePolicy
{
    /// <summary>As recorded in decisions.</summary>
    string Name { get; }

    ScaleAnswer Decide(in ScaleInput input);
}

/// <param name="Open">Instances that take work now.</param>
/// <param name="Coming">Instances being started or woken.</param>
/// <param name="InFlight">Slots taken at the open ones.</param>
/// <param name="Waiting">Requests in the gate.</param>
/// <param name="SaturatedSince">Since when requests wait although instances are open; null: they don't.</param>
/// <param name="ServiceTime">How long a request holds its slot, in the recent mean; null: not known.</param>
/// <param name="StartTime">How long the next instance would take to come, by the quickest way open; null: not known.</param>
/// <param name="RaisedAt">When limits of open instances were last raised; null: not lately.</param>
public readonly record struct ScaleInput(
    DateTimeOffset Now,
    ScaleSpec Scale,
    int Open,
    int Coming,
    int InFlight,
    int Waiting,
    DateTimeOffset? SaturatedSince,
    TimeSpan? ServiceTime = null,
    TimeSpan? StartTime = null,
    DateTimeOffset? RaisedAt = null);

/// <param name="Wanted">Instances that should run, before the declared min and max are applied.</param>
/// <param name="Reason">Why that many, for people.</param>
/// <param name="LookAgainAt">When the answer may change by time alone.</param>
public readonly record struct ScaleAnswer(int Wanted, string Reason, DateTimeOffset? LookAgainAt);
