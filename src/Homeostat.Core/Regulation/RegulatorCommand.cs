using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>Something to be done through the driver. Executing it leaves no choice to make.</summary>
public abstract record RegulatorCommand
{
    private RegulatorCommand()
    {
    }

    /// <summary>The instance it is about; null where it is about a revision.</summary>
    public abstract InstanceId? About { get; }

    /// <summary>Start a new instance: cold, as a clone, or by taking a spare.</summary>
    /// <param name="Limits">What it begins with.</param>
    public sealed record Start(InstanceId Id, RevisionId Revision, StartWay Way, ResourceLimits Limits) : RegulatorCommand
    {
        public override InstanceId? About => Id;
    }

    /// <summary>Thaw, page in or restore.</summary>
    /// <param name="Limits">What it goes on with.</param>
    public sealed record Wake(InstanceId Id, Tier From, ResourceLimits Limits) : RegulatorCommand
    {
        public override InstanceId? About => Id;
    }

    /// <summary>Freeze, page out or image. Dropped if work arrived meanwhile.</summary>
    public sealed record Sleep(InstanceId Id, Tier To) : RegulatorCommand
    {
        public override InstanceId? About => Id;
    }

    /// <summary>Take no new work; what is in flight goes on.</summary>
    public sealed record Drain(InstanceId Id) : RegulatorCommand
    {
        public override InstanceId? About => Id;
    }

    /// <summary>End and remove it.</summary>
    /// <param name="Force">Also while work is in flight; otherwise dropped if work arrived meanwhile.</param>
    public sealed record Stop(InstanceId Id, TimeSpan Grace, bool Force) : RegulatorCommand
    {
        public override InstanceId? About => Id;
    }

    /// <summary>Give it other limits in place. Not an operation: it goes on with what it does, and may get another command in the same plan.</summary>
    public sealed record Resize(InstanceId Id, ResourceLimits To) : RegulatorCommand
    {
        public override InstanceId? About => null;
    }

    public sealed record Prepare(RevisionId Revision) : RegulatorCommand
    {
        public override InstanceId? About => null;
    }

    /// <param name="Anew">Also where there is a good one: what its program read when it started may have changed.</param>
    public sealed record MakeTemplate(RevisionId Revision, bool Anew = false) : RegulatorCommand
    {
        public override InstanceId? About => null;
    }

    /// <summary>Give back what an older or removed revision holds.</summary>
    public sealed record Forget(RevisionId Revision) : RegulatorCommand
    {
        public override InstanceId? About => null;
    }
}
