namespace Homeostat.Core.Activation;

/// <summary>One waiting request. Changed by its gate only.</summary>
/// <param name="number">Order of arrival, from 1.</param>
/// <param name="expiresAt">When its hold time is over.</param>
public sealed class GateTicket(long number, DateTimeOffset enteredAt, DateTimeOffset expiresAt, long heldBytes, string trigger)
{
    public long Number => number;

    public DateTimeOffset EnteredAt => enteredAt;

    public DateTimeOffset ExpiresAt => expiresAt;

    public long HeldBytes => heldBytes;

    public string Trigger => trigger;

    public GateState State { get; internal set; }

    /// <summary>Room for whoever waits; the gate does not look at it.</summary>
    public object? Waiter { get; set; }

    internal LinkedListNode<GateTicket>? Node { get; set; }
}

public enum GateState
{
    Waiting,
    Granted,
    TimedOut,
    Left,
    Refused,
}

/// <summary>Outcome of asking to wait.</summary>
public enum GateEntry
{
    Waiting,
    FullByCount,
    FullByBytes,
}
