using Homeostat.Client.Wire;

namespace Homeostat.Client;

/// <summary>The platform answered with an error.</summary>
public sealed class ProblemException(Problem problem) : Exception(problem.Detail ?? problem.Title)
{
    public Problem Problem { get; } = problem;
}

/// <summary>No platform answered at the address.</summary>
public sealed class UnreachableException(ServerAddress address, Exception cause) : Exception($"no platform answers at {address}", cause)
{
    public ServerAddress Address { get; } = address;
}
