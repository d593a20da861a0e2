using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>The plan of one step while it is being made: parts of the regulator read the input through it and add what they decide.</summary>
internal sealed class PlanBuilder
{
    private readonly List<RegulatorCommand> _commands = [];
    private readonly List<Decision> _decisions = [];
    private readonly HashSet<InstanceId> _taken = [];

    public PlanBuilder(RegulatorInput input)
    {
        Input = input;
        Memory = input.Memory;
        // While the service is served nothing of the current revision drains, except what was to be stopped and could not.
        var serving = input.Mode == RegulatorMode.Serve;
        Current = [.. input.Instances.Where(i => i.Revision == input.Current.Id && !i.IsDoomed && !(serving && i.DrainingSince is not null))];
        Older = [.. input.Instances.Where(i => i.Revision != input.Current.Id && !i.IsDoomed)];
    }

    public RegulatorInput Input { get; }

    public DateTimeOffset Now => Input.Now;

    public ServiceSpec Spec => Input.Current.Spec;

    /// <summary>Living instances of the current revision, stopping ones left out.</summary>
    public IReadOnlyList<InstanceView> Current { get; }

    /// <summary>Living instances of older revisions, stopping ones left out.</summary>
    public IReadOnlyList<InstanceView> Older { get; }

    public RegulatorMemory Memory { get; set; }

    /// <summary>What the service may hold of the host.</summary>
    public CapacityGrant Capacity => Input.Capacity;

    /// <summary>Set when the tenant's quota leaves the service not even one instance.</summary>
    public Failure? QuotaReached => Capacity.QuotaInstances > 0
        ? null
        : new Failure(FailureKind.QuotaReached, $"{Capacity.QuotaBy} is used up", "try again when another of its services sleeps, or raise the quota (up --tenant)");

    public IReadOnlyList<InstanceId> Reserve { get; set; } = [];

    public CapacityAsk Ask { get; set; } = CapacityAsk.None;

    public GateVerdict? Verdict { get; set; }

    public WishAnswer? WishAnswer { get; set; }

    public bool Done { get; set; }

    public DateTimeOffset? LookAgainAt { get; private set; }

    /// <summary>Set when a cold start (or prepare) was reported as failed in this step.</summary>
    public Failure? StartFailedNow { get; set; }

    /// <summary>Set when a dump was reported as failed in this step.</summary>
    public Failure? DumpFailedNow { get; set; }

    public IReadOnlyList<RegulatorCommand> Commands => _commands;

    /// <summary>Instances that will come to run by the commands so far.</summary>
    public int Added { get; private set; }

    /// <summary>Of these, the new ones.</summary>
    public int Started { get; private set; }

    /// <summary>Whether process images may be used and made for this service now.</summary>
    public bool ImagesUsable => ImagesDeclared && !Memory.Images.Holds(Now);

    public bool ImagesDeclared => Input.Host.Checkpoint && Spec.Checkpoint.Mode == CheckpointMode.Auto;

    /// <summary>Whether instances can go to sleep as an image, as far as is known.</summary>
    public bool Dumpable => ImagesUsable && Input.State.Status?.Checkpointable != false;

    public bool IsFree(InstanceView instance) => instance.Operation is null && !_taken.Contains(instance.Id);

    public bool IsTaken(InstanceView instance) => _taken.Contains(instance.Id);

    public void Command(RegulatorCommand command)
    {
        if (command.About is { } id && !_taken.Add(id))
        {
            throw new InvalidOperationException($"two commands for {id} in one plan");
        }

        _commands.Add(command);
        Added += command is RegulatorCommand.Start or RegulatorCommand.Wake ? 1 : 0;
        Started += command is RegulatorCommand.Start ? 1 : 0;
    }

    public void Record(
        string action, string reason, string trigger, InstanceId? instance = null, DateTimeOffset? until = null, Failure? failure = null,
        IReadOnlyList<string>? alternatives = null, params KeyValuePair<string, string>[] inputs)
    {
        _decisions.Add(new Decision(Now, action, reason, trigger, inputs, alternatives ?? [], until, instance, failure));
        Memory = Memory with { Held = null };
    }

    /// <summary>Records something that goes on (a back-off, a refusal) once, not at every look.</summary>
    public void RecordOnce(string action, string reason, string trigger, DateTimeOffset? until = null, Failure? failure = null)
    {
        var key = $"{action} {reason}";
        if (Memory.Held != key && Input.Memory.Held != key)
        {
            Record(action, reason, trigger, null, until, failure);
        }

        Memory = Memory with { Held = key };
    }

    public void LookAgain(DateTimeOffset? at)
    {
        if (at is { } time && (LookAgainAt is null || time < LookAgainAt))
        {
            LookAgainAt = time;
        }
    }

    public InstanceId NextId()
    {
        var number = Memory.NextNumber;
        Memory = Memory with { NextNumber = number + 1 };
        return new InstanceId($"{Spec.Service}-{Base36(number)}");
    }

    public RegulatorPlan Build() => new(_commands, _decisions, Memory, LookAgainAt, Verdict, WishAnswer, Reserve, Ask, Done);

    private static string Base36(long number)
    {
        const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
        Span<char> text = stackalloc char[13];
        var at = text.Length;
        do
        {
            text[--at] = Digits[(int)(number % 36)];
            number /= 36;
        }
        while (number > 0);
        return new string(text[at..]);
    }
}
