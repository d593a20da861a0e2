using FsCheck;
using FsCheck.Fluent;
using Homeostat.Core.Activation;
using Xunit;

namespace Homeostat.Core.Tests.Activation;

public sealed class ActivationGateLaws
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Random histories against a plain list: bounds hold, order holds, nobody is lost, nobody has two outcomes.</summary>
    [Fact]
    public void Law_EveryTicketHasExactlyOneOutcome_InOrder_WithinBounds() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<(byte Action, byte Amount)[]>(),
            history =>
            {
                var limits = new GateLimits(5, 200, TimeSpan.FromSeconds(10));
                var gate = new ActivationGate(limits);
                var model = new List<GateTicket>();
                var outcomes = new List<GateTicket>();
                var now = Start;
                foreach (var (action, amount) in history)
                {
                    now += TimeSpan.FromMilliseconds(amount * 20);
                    Apply(gate, model, outcomes, now, action, amount);
                    Assert.True(gate.Count <= limits.WaitersMax && gate.HeldBytes <= limits.HeldBytesMax);
                    Assert.Equal(model.Sum(t => t.HeldBytes), gate.HeldBytes);
                    Assert.Equal(model.FirstOrDefault(), gate.Oldest);
                }

                outcomes.AddRange(gate.RefuseAll());
                Assert.Equal(outcomes.Count, outcomes.Distinct().Count());
                Assert.DoesNotContain(outcomes, t => t.State == GateState.Waiting);
                return true;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static void Apply(ActivationGate gate, List<GateTicket> model, List<GateTicket> outcomes, DateTimeOffset now, byte action, byte amount)
    {
        switch (action % 5)
        {
            case 0 or 1:
                if (gate.Enter(now, amount, "x", out var entered) == GateEntry.Waiting)
                {
                    model.Add(entered!);
                }

                break;
            case 2 when gate.TryGrant() is { } granted:
                Assert.Same(model[0], granted);
                model.RemoveAt(0);
                outcomes.Add(granted);
                break;
            case 3 when model.Count > 0:
                var leaver = model[amount % model.Count];
                Assert.True(gate.Leave(leaver));
                model.Remove(leaver);
                outcomes.Add(leaver);
                break;
            case 4:
                var expired = gate.Expire(now);
                Assert.Equal(model.Take(expired.Count), expired);
                Assert.All(expired, t => Assert.True(t.ExpiresAt <= now));
                model.RemoveRange(0, expired.Count);
                outcomes.AddRange(expired);
                break;
        }
    }
}
