using Homeostat.Core.Runtime;

namespace Homeostat.Server.Regulation;

/// <param name="Tier">The tier the service is in afterwards.</param>
/// <param name="Failure">Why it is not the one that was asked for; null: it is.</param>
internal sealed record TierOutcome(Tier Tier, Failure? Failure);
