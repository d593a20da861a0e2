using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>The linter of plans: what no plan may ever do, whatever made it. Run on every plan before it is executed.</summary>
public static class PlanCheck
{
    /// <summary>What is wrong with the plan, one line each; empty: sound.</summary>
    public static IReadOnlyList<string> Find(RegulatorInput input, RegulatorPlan plan)
    {
        var wrong = new List<string>();
        var views = input.Instances.ToDictionary(i => i.Id);
        foreach (var twice in plan.Commands.Where(c => c.About is not null).GroupBy(c => c.About).Where(g => g.Count() > 1))
        {
            wrong.Add($"{twice.Key} has {twice.Count()} commands");
        }

        foreach (var command in plan.Commands)
        {
            var view = command.About is { } id ? views.GetValueOrDefault(id) : null;
            if (Wrong(command, view, input) is { } text)
            {
                wrong.Add(text);
            }
        }

        var living = input.Instances.Count(i => i.Revision == input.Current.Id && !i.IsDoomed && i.DrainingSince is null);
        var starts = plan.Commands.Count(c => c is RegulatorCommand.Start);
        if (starts > 0 && living + starts > input.Current.Spec.Scale.Max)
        {
            wrong.Add($"{living} living and {starts} starts are more than max {input.Current.Spec.Scale.Max}");
        }

        wrong.AddRange(plan.Commands.OfType<RegulatorCommand.Resize>().Select(r => WrongSize(r, views, input)).OfType<string>());
        if (plan.LookAgainAt is { } look && look < input.Now - TimeSpan.FromMinutes(1))
        {
            wrong.Add($"looks again in the past: {look:O}");
        }

        return wrong;
    }

    private static string? WrongSize(RegulatorCommand.Resize resize, Dictionary<InstanceId, InstanceView> views, RegulatorInput input)
    {
        var declared = input.Current.Spec.Resources;
        return !views.ContainsKey(resize.Id) ? $"{resize} is about an unknown instance"
            : resize.To.Cpu < declared.CpuBase || resize.To.Cpu > (declared.CpuBurst ?? declared.CpuBase) ? $"{resize} leaves the declared CPU"
            : resize.To.MemoryBytes > (declared.MemoryMaxBytes ?? long.MaxValue) ? $"{resize} leaves the declared memory"
            : null;
    }

    private static string? Wrong(RegulatorCommand command, InstanceView? view, RegulatorInput input) => command switch
    {
        RegulatorCommand.Start start when view is not null => $"{start.Id} exists and is to be started",
        RegulatorCommand.Start when !input.State.Prepared => "a start before the revision is prepared",
        RegulatorCommand.Start when input.Wish is null && input.Memory.Revision == input.Current.Id && input.Memory.Starts.Holds(input.Now) => "a start during the back-off",
        RegulatorCommand.Start when input.Mode != RegulatorMode.Serve => "a start of a service that ends",
        RegulatorCommand.Wake or RegulatorCommand.Sleep or RegulatorCommand.Drain when view is null => $"{command} is about an unknown instance",
        RegulatorCommand.Wake or RegulatorCommand.Sleep or RegulatorCommand.Drain when view!.Operation is not null => $"{command.About} has an operation under way",
        RegulatorCommand.Sleep when view!.InFlight > 0 => $"{command.About} is busy and is to sleep",
        RegulatorCommand.Stop { Force: false } when view is { InFlight: > 0 } => $"{command.About} is busy and is to stop",
        _ => null,
    };
}
